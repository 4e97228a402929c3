using System.Runtime.InteropServices;
using Lacquer.Formats.Catalogues;
using Lacquer.Stages.Cataloguing.Matching;
using Lacquer.Stages.Cataloguing.Staging;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Cataloguing.Loading;

/// <summary>Pairs for a look-up, gathered in a file in the order of their values while rows stream by, and sorted by key when the memory for that is free again.</summary>
internal sealed class PairFile(string path, string table) : IDisposable
{
    private readonly FileStream _file = new(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 18);

    public void Add(long key, uint value)
    {
        var pair = new Pair { Key = (ulong)key, Value = value };
        _file.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<Pair>(ref pair)));
    }

    /// <summary>The first five bytes of an id, by which it is looked up.</summary>
    public void AddId(ReadOnlySpan<byte> id, uint value) => Add((long)id[0] << 32 | (long)id[1] << 24 | (long)id[2] << 16 | (long)id[3] << 8 | id[4], value);

    /// <summary>Fills the look-up and removes the file.</summary>
    public void Load(SqliteLoader loader)
    {
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
        using var writer = new LookupWriter(loader.Database, table);
        for (var i = 0; i < count; i++)
            if (i == 0 || keys[i] != keys[i - 1] || values[i] != values[i - 1])
                writer.Add((long)keys[i], values[i]);
        writer.Finish();
    }

    public void Dispose() => _file.Dispose();

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct Pair
    {
        public ulong Key;
        public uint Value;
    }
}
