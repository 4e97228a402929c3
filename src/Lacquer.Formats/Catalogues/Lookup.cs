using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Lacquer.Formats.Findings;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Lacquer.Formats.Catalogues;

/// <summary>
/// Reads one look-up (<see cref="LookupTables"/>): the values of a key in order, from the first or from any later one at the same cost, or all pairs. One thread at a time; several enumerations may be open at once.
/// </summary>
public sealed class Lookup : IDisposable
{
    private readonly string _table;
    private readonly Statement _block;
    private readonly Statement _before;
    private readonly Statement _next;

    /// <summary>Prepares the questions.</summary>
    /// <param name="database">The open database, which is not closed here.</param>
    /// <param name="table">One of <see cref="LookupTables.All"/>.</param>
    /// <exception cref="SqliteException">There is no such table.</exception>
    public Lookup(sqlite3 database, string table)
    {
        _table = table;
        _block = new Statement(database, $"SELECT entries FROM {table} WHERE id = ?1");
        _before = new Statement(database, $"SELECT id, entries FROM {table} WHERE id < ?1 ORDER BY id DESC LIMIT 1");
        _next = new Statement(database, $"SELECT id, entries FROM {table} WHERE id >= ?1 ORDER BY id LIMIT 1");
    }

    /// <summary>The key under which an id is looked up: its first four bytes, big-endian. Others may share it, so whoever looks up checks the whole id.</summary>
    /// <param name="id">The 10 bytes of an id, or the 16 of an MBID.</param>
    public static long KeyOf(ReadOnlySpan<byte> id) => BinaryPrimitives.ReadUInt32BigEndian(id);

    /// <summary>The values of a key in order, streamed.</summary>
    /// <param name="key">The key; of one that cannot be, there are none.</param>
    /// <param name="after">Only values above this. However many lie below, they are not read.</param>
    /// <exception cref="LacquerException">The look-up is damaged.</exception>
    public IEnumerable<long> Values(long key, long after = 0)
    {
        if (key is < 0 or >= LookupBlock.KeyLimit || after >= LookupBlock.ValueLimit)
            yield break;

        var number = StartingBlock(key, after);
        if (number < 0)
        {
            // The key may begin at the end of the block before those that begin with it.
            if (Before(LookupBlock.Id(key, 0)) is { } before)
                foreach (var value in ValuesIn(before.Entries, LookupBlock.KeyOf(before.Id), key, after))
                    yield return value;
            number = 0;
        }

        for (; number <= LookupBlock.LastNumber && Block(LookupBlock.Id(key, number)) is { } entries; number++)
            foreach (var value in ValuesIn(entries, key, key, after))
                yield return value;
    }

    /// <summary>All pairs in order, streamed.</summary>
    /// <param name="firstKey">A key from which on they are wanted: at most the pairs of a block come before it.</param>
    /// <exception cref="LacquerException">The look-up is damaged.</exception>
    public IEnumerable<(long Key, long Value)> All(long firstKey = 0)
    {
        // The key may begin at the end of the block before those that begin with it.
        for (var from = firstKey > 0 && Before(LookupBlock.Id(firstKey, 0)) is { } before ? before.Id : 0; Next(from) is { } block; from = block.Id + 1)
        {
            var at = 0;
            var key = LookupBlock.KeyOf(block.Id);
            var value = Take(block.Entries, ref at);
            yield return (key, value);
            while (at < block.Entries.Length)
            {
                Pair(block.Entries, ref at, ref key, ref value);
                yield return (key, value);
            }

            if (block.Id == long.MaxValue)
                yield break;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _block.Dispose();
        _before.Dispose();
        _next.Dispose();
    }

    /// <summary>The number of the last block that begins with the key and a value up to <paramref name="after"/>; -1 where there is none, so that the list is to be read from its beginning.</summary>
    private int StartingBlock(long key, long after)
    {
        if (after <= 0 || FirstValue(LookupBlock.Id(key, 0)) is not { } first || first > after)
            return -1;
        _before.Bind(1, LookupBlock.Id(key, LookupBlock.LastNumber));
        var (low, high) = (0, LookupBlock.LastNumber);
        try
        {
            // Block 0 is there, so the last one before the highest number is of this key.
            if (FirstValue(LookupBlock.Id(key, LookupBlock.LastNumber)) is null && _before.Step())
                high = (int)(_before.Int64(0) & LookupBlock.LastNumber);
        }
        finally
        {
            _before.Reset();
        }

        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if ((FirstValue(LookupBlock.Id(key, middle)) ?? throw Damaged()) <= after)
                low = middle;
            else
                high = middle - 1;
        }

        return low;
    }

    private IEnumerable<long> ValuesIn(byte[] entries, long firstKey, long key, long after)
    {
        var at = 0;
        var current = firstKey;
        var value = Take(entries, ref at);
        while (true)
        {
            if (current > key)
                yield break;
            if (current == key && value > after)
                yield return value;
            if (at >= entries.Length)
                yield break;
            Pair(entries, ref at, ref current, ref value);
        }
    }

    private long? FirstValue(long id)
    {
        _block.Bind(1, id);
        try
        {
            var at = 0;
            return _block.Step() ? Take(_block.Blob(0), ref at) : null;
        }
        finally
        {
            _block.Reset();
        }
    }

    private byte[]? Block(long id)
    {
        _block.Bind(1, id);
        try
        {
            return _block.Step() ? _block.Blob(0).ToArray() : null;
        }
        finally
        {
            _block.Reset();
        }
    }

    private Entry? Before(long id) => One(_before, id);

    private Entry? Next(long id) => One(_next, id);

    // What is read is copied, so that a statement is never left standing while the caller asks something else.
    private static Entry? One(Statement statement, long id)
    {
        statement.Bind(1, id);
        try
        {
            return statement.Step() ? new Entry(statement.Int64(0), statement.Blob(1).ToArray()) : null;
        }
        finally
        {
            statement.Reset();
        }
    }

    private void Pair(ReadOnlySpan<byte> entries, ref int at, ref long key, ref long value)
    {
        var step = Take(entries, ref at);
        var next = Take(entries, ref at);
        value += step == 0 ? next : LookupBlock.UnZigZag(next);
        key += step;
    }

    private long Take(ReadOnlySpan<byte> entries, ref int at)
    {
        long value = 0;
        for (var shift = 0; shift < 56; shift += 7)
        {
            if (at >= entries.Length)
                throw Damaged();
            var part = entries[at++];
            value |= (long)(part & 0x7F) << shift;
            if (part < 0x80)
                return value;
        }

        throw Damaged();
    }

    private LacquerException Damaged() => new(Failure.Damaged, $"the look-up {_table} in {CatalogueReader.LookupsFileName} has a block that cannot be read", $"delete the file; {CatalogueReader.MadeAgain}");

    /// <summary>A block.</summary>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Entry(long Id, byte[] Entries);
}
