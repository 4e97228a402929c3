using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Lacquer.Stages.Cataloguing.Staging;

/// <summary>
/// Items of a fixed size by number, in memory outside the collected heap or in a mapped file, whichever <see cref="Columns"/> has room for. Zeros at first. One that was read from a staged file is not to be written to.
/// </summary>
internal sealed unsafe class Column<T> : IDisposable
    where T : unmanaged
{
    private readonly Action<Column<T>> _gone;
    private readonly SafeFileHandle? _file;
    private readonly SafeMemoryMappedViewHandle? _view;
    private T* _items;

    /// <summary>In memory.</summary>
    public Column(long length, Action<Column<T>> gone)
    {
        (Length, _gone) = (length, gone);
        _items = length == 0 ? null : (T*)NativeMemory.AllocZeroed(checked((nuint)length), (nuint)sizeof(T));
    }

    /// <summary>In a file, which is closed with this.</summary>
    public Column(long length, SafeFileHandle file, SafeMemoryMappedViewHandle view, Action<Column<T>> gone)
    {
        (Length, _file, _view, _gone) = (length, file, view, gone);
        byte* start = null;
        view.AcquirePointer(ref start);
        _items = (T*)start;
    }

    public long Length { get; private set; }

    public bool IsMapped => _view is not null;

    public long Bytes => Length * sizeof(T);

    public ref T this[long index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            if ((ulong)index >= (ulong)Length)
                throw new ArgumentOutOfRangeException(nameof(index));
            return ref _items[index];
        }
    }

    public Span<T> Span(long start, int length)
    {
        if (start < 0 || length < 0 || start + length > Length)
            throw new ArgumentOutOfRangeException(nameof(start));
        return new Span<T>(_items + start, length);
    }

    /// <summary>All items, of a column that is no longer than a span.</summary>
    public Span<T> Span() => Span(0, checked((int)Length));

    public void Dispose()
    {
        if (_items is null)
            return;
        _gone(this);
        if (_view is null)
        {
            NativeMemory.Free(_items);
        }
        else
        {
            // Not through its accessor, which would first have the disk write what is thrown away.
            _view.ReleasePointer();
            _view.Dispose();
            _file!.Dispose();
        }

        _items = null;
        Length = 0;
    }
}
