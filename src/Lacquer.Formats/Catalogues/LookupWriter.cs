namespace Lacquer.Formats.Catalogues;

/// <summary>Takes a row of a look-up.</summary>
/// <param name="id">Above the last one's.</param>
/// <param name="entries">Only there until this returns.</param>
public delegate void LookupRow(long id, ReadOnlySpan<byte> entries);

/// <summary>
/// Makes the rows of one look-up (<see cref="LookupTables"/>) from pairs of key and value in order. Only one block is in memory, and a pair costs no allocation.
/// </summary>
/// <param name="write">Takes each row.</param>
public sealed class LookupWriter(LookupRow write)
{
    private byte[] _entries = new byte[LookupBlock.Pairs * LookupBlock.MostPairBytes];
    private int _length;
    private int _pairs;
    private long _first = -1;
    private int _number;
    private long _key = -1;
    private long _value;

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
    }

    /// <summary>Writes the last block. Must be called once, after the last pair.</summary>
    public void Finish()
    {
        if (_pairs > 0)
            Flush();
    }

    private void Flush()
    {
        write(LookupBlock.Id(_first, _number), _entries.AsSpan(0, _length));
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
