namespace Lacquer.Stages.Cataloguing.Staging;

/// <summary>A column that grows at its end. Its items may move with each that is added.</summary>
internal sealed class ColumnList<T>(Columns columns) : IDisposable
    where T : unmanaged
{
    private Column<T> _items = columns.Brief<T>(1 << 10);

    public int Count { get; private set; }

    public ref T this[int index] => ref _items[index];

    public void Add(T item)
    {
        if (Count == _items.Length)
        {
            var more = columns.Brief<T>(_items.Length * 2);
            Span().CopyTo(more.Span(0, Count));
            _items.Dispose();
            _items = more;
        }

        _items[Count++] = item;
    }

    public Span<T> Span() => _items.Span(0, Count);

    public Span<T> Span(int start, int length) => Span().Slice(start, length);

    public void Dispose() => _items.Dispose();
}
