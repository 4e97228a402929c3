using System.Runtime.InteropServices;
using Lacquer.Formats.Catalogues;
using Lacquer.Stages.Cataloguing.Matching;
using Lacquer.Stages.Cataloguing.Staging;
using Lacquer.Stages.Workbench;

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
    public void Load(SqliteLoader loader)
    {
        using var writer = new LookupWriter(loader.Database, Table);
        for (var i = 0; i < Count; i++)
            if (i == 0 || Keys[i] != Keys[i - 1] || Values[i] != Values[i - 1])
                writer.Add((long)Keys[i], Values[i]);
        writer.Finish();
    }

    /// <summary>Checks that no two entities share an id: it is 80 bits of a digest, so they should not, but links to them are for good.</summary>
    /// <param name="loader">Where the entities are.</param>
    /// <param name="entity">Their table.</param>
    /// <exception cref="InvalidOperationException">Two share one.</exception>
    public void CheckIds(SqliteLoader loader, string entity)
    {
        using var ids = new IdQuestion(loader.Database, entity);
        for (var i = 1; i < Count; i++)
            for (var j = i - 1; j >= 0 && Keys[j] == Keys[i]; j--)
                if (Values[j] != Values[i] && ids.Of(Values[j]).AsSpan().SequenceEqual(ids.Of(Values[i])))
                    throw new InvalidOperationException(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{entity} {Values[j]} and {Values[i]} have one id"));
    }

    private sealed class IdQuestion : IDisposable
    {
        private readonly SQLitePCL.sqlite3_stmt _statement;

        public IdQuestion(SQLitePCL.sqlite3 database, string entity) =>
            SQLitePCL.raw.sqlite3_prepare_v2(database, $"SELECT eid FROM {entity} WHERE id = ?1", out _statement);

        public byte[] Of(uint rank)
        {
            SQLitePCL.raw.sqlite3_bind_int64(_statement, 1, rank);
            SQLitePCL.raw.sqlite3_step(_statement);
            var id = SQLitePCL.raw.sqlite3_column_blob(_statement, 0).ToArray();
            SQLitePCL.raw.sqlite3_reset(_statement);
            return id;
        }

        public void Dispose() => _statement.Dispose();
    }
}
