using System.Runtime.InteropServices;

namespace Lacquer.Formats.Catalogues;

/// <summary>
/// Pairs for one look-up, gathered in a file while rows stream by, and given back in the order of their keys. A pair costs no allocation. The file goes when this is disposed of.
/// </summary>
public sealed class LookupPairs : IDisposable
{
    private const int AtOnce = 1 << 14;

    private readonly string _table;
    private readonly FileStream _file;
    private readonly Pair[] _waiting = new Pair[AtOnce];
    private int _count;
    private long _written;

    internal LookupPairs(string path, string table)
    {
        _table = table;
        _file = new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 0, FileOptions.DeleteOnClose);
    }

    /// <summary>Adds a pair; it may come more than once.</summary>
    /// <param name="key">From 0, below 2⁴⁹.</param>
    /// <param name="value">From 1, below 2³², not below the last one's.</param>
    /// <exception cref="ArgumentException">They cannot be.</exception>
    public void Add(long key, long value)
    {
        if ((ulong)key >= (ulong)LookupBlock.KeyLimit || value <= 0 || value >= LookupBlock.ValueLimit)
            throw Impossible(key, value);
        _waiting[_count++] = new Pair { Key = (ulong)key, Value = (uint)value };
        if (_count == AtOnce)
            Flush();
    }

    /// <summary>Adds what an id is looked up by.</summary>
    /// <exception cref="ArgumentException">It has less than four bytes, or the value cannot be.</exception>
    public void AddId(ReadOnlySpan<byte> id, long value) => Add(Lookup.KeyOf(id), value);

    /// <summary>Sorts the pairs, each to come out once: in memory if they are few enough, otherwise by parts, which are put together as they are read. Once, after the last pair.</summary>
    /// <param name="most">How many pairs to sort at once. Whatever it is, the same pairs come out.</param>
    internal IEnumerable<(long Key, long Value)> Sorted(int most)
    {
        Flush();
        var runs = new List<Run>();
        var atOnce = (int)Math.Min(most, _written);
        var (keys, values) = (GC.AllocateUninitializedArray<ulong>(atOnce), GC.AllocateUninitializedArray<uint>(atOnce));
        var (otherKeys, otherValues) = (GC.AllocateUninitializedArray<ulong>(atOnce), GC.AllocateUninitializedArray<uint>(atOnce));
        for (long first = 0; first < _written; first += most)
        {
            var count = (int)Math.Min(most, _written - first);
            Read(first, keys.AsSpan(0, count), values.AsSpan(0, count));
            if (KeySort.Sort(keys.AsSpan(0, count), values.AsSpan(0, count), otherKeys.AsSpan(0, count), otherValues.AsSpan(0, count)))
                (keys, values, otherKeys, otherValues) = (otherKeys, otherValues, keys, values);
            if (count == _written)
                return InMemory(keys, values);
            Overwrite(first, keys.AsSpan(0, count), values.AsSpan(0, count));
            runs.Add(new Run(this, runs.Count, first, count));
        }

        return Merged(runs);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static IEnumerable<(long Key, long Value)> InMemory(ulong[] keys, uint[] values)
    {
        for (var i = 0; i < keys.Length; i++)
            if (i == 0 || keys[i] != keys[i - 1] || values[i] != values[i - 1])
                yield return ((long)keys[i], values[i]);
    }

    // Values rise from part to part, so that of equal keys those of an earlier part come first.
    private static IEnumerable<(long Key, long Value)> Merged(List<Run> runs)
    {
        var queue = new PriorityQueue<Run, (ulong Key, int Number)>();
        foreach (var run in runs)
            if (run.MoveNext())
                queue.Enqueue(run, (run.Current.Key, run.Number));
        (ulong, uint)? last = null;
        while (queue.TryPeek(out var run, out _))
        {
            var pair = (run.Current.Key, run.Current.Value);
            if (pair != last)
                yield return ((long)pair.Key, pair.Value);
            last = pair;
            if (run.MoveNext())
                queue.DequeueEnqueue(run, (run.Current.Key, run.Number));
            else
                queue.Dequeue();
        }
    }

    private void Flush()
    {
        _file.Write(MemoryMarshal.AsBytes(_waiting.AsSpan(0, _count)));
        _written += _count;
        _count = 0;
    }

    private void Read(long first, Span<ulong> keys, Span<uint> values)
    {
        for (var done = 0; done < keys.Length;)
        {
            var part = _waiting.AsSpan(0, Math.Min(AtOnce, keys.Length - done));
            ReadAt(first + done, part);
            foreach (ref readonly var pair in part)
                (keys[done], values[done++]) = (pair.Key, pair.Value);
        }
    }

    private void Overwrite(long first, ReadOnlySpan<ulong> keys, ReadOnlySpan<uint> values)
    {
        for (var done = 0; done < keys.Length;)
        {
            var part = _waiting.AsSpan(0, Math.Min(AtOnce, keys.Length - done));
            var offset = (first + done) * Marshal.SizeOf<Pair>();
            foreach (ref var pair in part)
                pair = new Pair { Key = keys[done], Value = values[done++] };
            RandomAccess.Write(_file.SafeFileHandle, MemoryMarshal.AsBytes(part), offset);
        }
    }

    private void ReadAt(long first, Span<Pair> pairs)
    {
        var bytes = MemoryMarshal.AsBytes(pairs);
        for (var read = 0; read < bytes.Length;)
        {
            var count = RandomAccess.Read(_file.SafeFileHandle, bytes[read..], first * Marshal.SizeOf<Pair>() + read);
            if (count == 0)
                throw new EndOfStreamException(_file.Name);
            read += count;
        }
    }

    private ArgumentException Impossible(long key, long value) => new($"{_table} cannot have the pair {key}, {value}", nameof(key));

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct Pair
    {
        public ulong Key;
        public uint Value;
    }

    /// <summary>Reads a part that is in order.</summary>
    private sealed class Run(LookupPairs pairs, int number, long first, long count)
    {
        private readonly Pair[] _some = new Pair[AtOnce];
        private long _read;
        private int _at;
        private int _filled;

        public int Number => number;

        public Pair Current => _some[_at - 1];

        public bool MoveNext()
        {
            if (_at == _filled)
            {
                (_at, _filled) = (0, (int)Math.Min(AtOnce, count - _read));
                pairs.ReadAt(first + _read, _some.AsSpan(0, _filled));
                _read += _filled;
            }

            return _at++ < _filled;
        }
    }
}
