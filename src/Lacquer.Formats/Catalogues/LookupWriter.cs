using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Lacquer.Formats.Catalogues;

/// <summary>
/// Fills one look-up (<see cref="LookupTables"/>) from pairs of key and value in order. Only one block is in memory, and a pair costs no allocation. The table must have been made and be empty; the transaction is the caller's.
/// </summary>
public sealed class LookupWriter : IDisposable
{
    private readonly Statement _insert;
    private byte[] _entries = new byte[LookupBlock.Pairs * LookupBlock.MostPairBytes];
    private int _length;
    private int _pairs;
    private long _first = -1;
    private int _number;
    private long _key = -1;
    private long _value;

    /// <summary>Prepares the insertion.</summary>
    /// <param name="database">The open database, which is not closed here.</param>
    /// <param name="table">One of <see cref="LookupTables.All"/>.</param>
    /// <exception cref="SqliteException">There is no such table.</exception>
    public LookupWriter(sqlite3 database, string table) => _insert = new Statement(database, $"INSERT INTO {table} VALUES(?1, ?2)");

    /// <summary>How many pairs were added.</summary>
    public long Count { get; private set; }

    /// <summary>Fills a table.</summary>
    /// <param name="database">The open database.</param>
    /// <param name="table">One of <see cref="LookupTables.All"/>.</param>
    /// <param name="pairs">In order, none twice.</param>
    /// <returns>How many there were.</returns>
    public static long Write(sqlite3 database, string table, IEnumerable<(long Key, long Value)> pairs)
    {
        using var writer = new LookupWriter(database, table);
        foreach (var (key, value) in pairs)
            writer.Add(key, value);
        writer.Finish();
        return writer.Count;
    }

    /// <summary>Adds many pairs.</summary>
    /// <param name="keys">As <see cref="Add(long, long)"/>.</param>
    /// <param name="values">As many.</param>
    public void Add(ReadOnlySpan<long> keys, ReadOnlySpan<long> values)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, keys.Length);
        for (var i = 0; i < keys.Length; i++)
            Add(keys[i], values[i]);
    }

    /// <summary>Adds a pair.</summary>
    /// <param name="key">From 0, below 2⁴⁹, not below the last one's.</param>
    /// <param name="value">From 1, below 2³²; of the same key, above the last one's.</param>
    /// <exception cref="ArgumentException">They are not, so the pairs are out of order or one comes twice.</exception>
    public void Add(long key, long value)
    {
        if ((ulong)key >= (ulong)LookupBlock.KeyLimit || value <= 0 || value >= LookupBlock.ValueLimit || key < _key || (key == _key && value <= _value))
            throw OutOfOrder(key, value);

        // What is left of a key with very many values stays together: its blocks have run out of numbers.
        if (_pairs >= LookupBlock.Pairs && !(_number == LookupBlock.LastNumber && key == _first))
            Flush();
        if (_pairs == 0)
        {
            _number = key == _first ? _number + 1 : 0;
            _first = key;
            Put(value);
        }
        else
        {
            if (_entries.Length - _length < LookupBlock.MostPairBytes)
                Array.Resize(ref _entries, _entries.Length * 2);
            Put(key - _key);
            Put(key == _key ? value - _value : LookupBlock.ZigZag(value - _value));
        }

        (_key, _value) = (key, value);
        _pairs++;
        Count++;
    }

    /// <summary>Writes the last block. Must be called once, after the last pair.</summary>
    public void Finish()
    {
        if (_pairs > 0)
            Flush();
    }

    /// <inheritdoc/>
    public void Dispose() => _insert.Dispose();

    private void Flush()
    {
        _insert.Bind(1, LookupBlock.Id(_first, _number)).BindBlob(2, _entries.AsSpan(0, _length)).Run();
        _length = 0;
        _pairs = 0;
    }

    private void Put(long value)
    {
        var entries = _entries;
        var length = _length;
        while (value >= 0x80)
        {
            entries[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        entries[length++] = (byte)value;
        _length = length;
    }

    private ArgumentException OutOfOrder(long key, long value) => new($"the pair {key}, {value} may not follow {_key}, {_value}", nameof(key));
}
