using System.Runtime.InteropServices;

namespace Lacquer.Stages.Exploring;

/// <summary>
/// Keys of one size, added in any order and given back sorted, each once. At most 32 MiB of them are in memory; sorted runs of the others lie in temporary files, which are gone when this is disposed of or
/// the process ends.
/// </summary>
internal sealed class SortedKeys<T>(int bytesInMemory = 32 << 20) : IDisposable
    where T : unmanaged, IComparable<T>
{
    private readonly int _most = Math.Max(2, bytesInMemory / Marshal.SizeOf<T>());
    private readonly List<T> _keys = [];
    private readonly List<(FileStream File, long Count)> _runs = [];

    /// <summary>Adds keys.</summary>
    public void Add(ReadOnlySpan<T> keys)
    {
        while (keys.Length > 0)
        {
            if (_keys.Count == _most)
                Spill();
            var some = keys[..Math.Min(keys.Length, _most - _keys.Count)];
            _keys.AddRange(some);
            keys = keys[some.Length..];
        }
    }

    /// <summary>The keys in order, each once. Nothing may be added afterwards; may be read again once a reading has ended.</summary>
    public IEnumerable<T> InOrder()
    {
        Sort();
        var queue = new PriorityQueue<IEnumerator<T>, T>();
        foreach (var run in _runs.Select(Read).Append(_keys))
            if (run.GetEnumerator() is var from && from.MoveNext())
                queue.Enqueue(from, from.Current);
        T? before = null;
        while (queue.TryPeek(out var from, out var key))
        {
            if (from.MoveNext()) queue.DequeueEnqueue(from, from.Current);
            else queue.Dequeue().Dispose();
            if (before is { } same && same.CompareTo(key) == 0)
                continue;
            before = key;
            yield return key;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (file, _) in _runs)
            file.Dispose();
    }

    private static IEnumerable<T> Read((FileStream File, long Count) run)
    {
        var buffer = new T[8192];
        run.File.Position = 0;
        for (var left = run.Count; left > 0;)
        {
            var some = (int)Math.Min(left, buffer.Length);
            run.File.ReadExactly(MemoryMarshal.AsBytes(buffer.AsSpan(0, some)));
            left -= some;
            for (var i = 0; i < some; i++)
                yield return buffer[i];
        }
    }

    // Sorts what is in memory and leaves each key once.
    private void Sort()
    {
        var keys = CollectionsMarshal.AsSpan(_keys);
        keys.Sort();
        var kept = 0;
        for (var i = 0; i < keys.Length; i++)
            if (i == 0 || keys[i].CompareTo(keys[kept - 1]) != 0)
                keys[kept++] = keys[i];
        CollectionsMarshal.SetCount(_keys, kept);
    }

    private void Spill()
    {
        Sort();
        var path = Path.GetTempFileName();
        var file = new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);
        _runs.Add((file, _keys.Count));
        file.Write(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_keys)));
        _keys.Clear();
    }
}
