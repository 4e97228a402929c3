using System.Runtime.InteropServices;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Databases;
using Lacquer.Stages.Cataloguing.Matching;
using Lacquer.Stages.Cataloguing.Staging;

namespace Lacquer.Stages.Cataloguing.Loading;

/// <summary>Pairs for a look-up, gathered in a file in the order of their values while rows stream by, and sorted by key when the memory for that is free again.</summary>
internal sealed class PairFile(string path, string table) : IDisposable
{
    private const int AtOnce = 1 << 14;

    private readonly FileStream _file = new(path, FileMode.Create, FileAccess.Write, FileShare.None, 0);
    private readonly Pair[] _waiting = new Pair[AtOnce];
    private int _count;

    public void Add(long key, uint value)
    {
        _waiting[_count++] = new Pair { Key = (ulong)key, Value = value };
        if (_count == AtOnce)
            Write();
    }

    /// <summary>What an id is looked up by.</summary>
    public void AddId(ReadOnlySpan<byte> id, uint value) => Add(Lookup.KeyOf(id), value);

    /// <summary>Reads the pairs, sorts them and removes the file.</summary>
    public SortedPairs Sort()
    {
        Write();
        _file.Dispose();
        var count = checked((int)(new FileInfo(path).Length / Marshal.SizeOf<Pair>()));
        var keys = GC.AllocateUninitializedArray<ulong>(count);
        var values = GC.AllocateUninitializedArray<uint>(count);
        StagedFiles.ForEach<Pair>(path, (start, pairs) =>
        {
            var i = (int)start;
            foreach (ref readonly var pair in pairs.Span)
                (keys[i], values[i++]) = (pair.Key, pair.Value);
        });
        File.Delete(path);
        KeySort.Sort(ref keys, ref values, count);
        return new SortedPairs(table, keys, values, count);
    }

    public void Dispose() => _file.Dispose();

    private void Write()
    {
        _file.Write(MemoryMarshal.AsBytes(_waiting.AsSpan(0, _count)));
        _count = 0;
    }

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct Pair
    {
        public ulong Key;
        public uint Value;
    }
}

/// <summary>Pairs of a look-up in order.</summary>
internal sealed record SortedPairs(string Table, ulong[] Keys, uint[] Values, int Count)
{
    /// <summary>Fills the look-up; a pair that comes twice is one.</summary>
    public void Load(TableWriter table)
    {
        var writer = new LookupWriter((id, entries) => table.With(id).WithBytes(entries).Row());
        for (var i = 0; i < Count; i++)
            if (i == 0 || Keys[i] != Keys[i - 1] || Values[i] != Values[i - 1])
                writer.Add((long)Keys[i], Values[i]);
        writer.Finish();
    }
}
