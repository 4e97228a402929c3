using System.Globalization;
using Lacquer.Formats.Findings;

namespace Lacquer.Formats.Torrents;

/// <summary>What comes next in a bencoded value.</summary>
public enum BencodeKind
{
    /// <summary>Nothing: the value is complete.</summary>
    Nothing,

    /// <summary>An integer.</summary>
    Number,

    /// <summary>A byte string.</summary>
    Bytes,

    /// <summary>A list.</summary>
    List,

    /// <summary>A dictionary.</summary>
    Dictionary,

    /// <summary>The end of the innermost list or dictionary.</summary>
    End,
}

/// <summary>
/// Reads one bencoded value (BEP 3) from memory, only in its canonical form: integers without needless zeros, keys in the order of
/// their bytes and each once, nothing after the value. It copies nothing and allocates only by depth, so hostile bytes cost no more
/// than their length. Everything that is wrong with the bytes is a <see cref="LacquerException"/> of <see cref="Failure.Damaged"/>
/// that names the offset.
/// </summary>
/// <remarks>
/// In a list: <c>while (reader.ReadItem()) …one value…</c>. In a dictionary: <c>while (reader.ReadKey(out var key)) …one value…</c>.
/// </remarks>
public ref struct BencodeReader
{
    /// <summary>How deep a value may nest unless told otherwise; libtorrent 2.0's limit.</summary>
    public const int DefaultDepthLimit = 100;

    /// <summary>How many tokens a value may have unless told otherwise; libtorrent 2.0's limit for a file.</summary>
    public const int DefaultTokenLimit = 3_000_000;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly int _depthLimit;
    private readonly int _tokenLimit;
    private Level[] _levels;
    private int _depth;

    /// <summary>Makes a reader at the start of the bytes.</summary>
    /// <param name="bytes">One bencoded value.</param>
    /// <param name="depthLimit">How many lists and dictionaries may be open at once.</param>
    /// <param name="tokenLimit">How many tokens there may be, see <see cref="TokenCount"/>.</param>
    public BencodeReader(ReadOnlySpan<byte> bytes, int depthLimit = DefaultDepthLimit, int tokenLimit = DefaultTokenLimit)
    {
        _bytes = bytes;
        _depthLimit = depthLimit;
        _tokenLimit = tokenLimit;
        _levels = new Level[8];
    }

    /// <summary>Where the next token starts: bytes from the beginning.</summary>
    public int OffsetBytes { get; private set; }

    /// <summary>Tokens so far: integers, strings, keys, and the starts and ends of lists and dictionaries, as libtorrent counts them.</summary>
    public int TokenCount { get; private set; }

    /// <summary>What comes next.</summary>
    /// <exception cref="LacquerException">The bytes end too early, or no value starts with the byte that is there.</exception>
    public readonly BencodeKind Next
    {
        get
        {
            if (_depth == 0 && TokenCount > 0)
                return BencodeKind.Nothing;
            if (OffsetBytes >= _bytes.Length)
                throw Damaged(OffsetBytes, "the bytes end in the middle of a value");
            return _bytes[OffsetBytes] switch
            {
                (byte)'i' => BencodeKind.Number,
                >= (byte)'0' and <= (byte)'9' => BencodeKind.Bytes,
                (byte)'l' => BencodeKind.List,
                (byte)'d' => BencodeKind.Dictionary,
                (byte)'e' when _depth > 0 => BencodeKind.End,
                var other => throw Damaged(OffsetBytes, $"no value starts with byte 0x{other:x2}"),
            };
        }
    }

    /// <summary>Reads an integer.</summary>
    /// <exception cref="LacquerException">There is none, it is not canonical, or does not fit 64 bits.</exception>
    public long ReadInteger()
    {
        BeginValue(BencodeKind.Number);
        var start = OffsetBytes;
        var rest = _bytes[(start + 1)..];
        // "-9223372036854775808" has 20 characters; an end further off is no number we take.
        var length = rest[..Math.Min(rest.Length, 21)].IndexOf((byte)'e');
        if (length < 0)
            throw Damaged(start, "an integer without an end within 64 bits");
        var digits = rest[..length];
        var isNegative = digits.Length > 0 && digits[0] == '-';
        var magnitude = isNegative ? digits[1..] : digits;
        if (magnitude.IsEmpty || magnitude.ContainsAnyExceptInRange((byte)'0', (byte)'9')
            || (magnitude[0] == '0' && (magnitude.Length > 1 || isNegative)))
            throw Damaged(start, "an integer that is not in canonical form");
        if (!long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value))
            throw Damaged(start, "an integer beyond 64 bits");
        OffsetBytes = start + 1 + length + 1;
        EndValue();
        return value;
    }

    /// <summary>Reads a byte string.</summary>
    /// <exception cref="LacquerException">There is none, its length is not canonical, or it goes on beyond the end.</exception>
    public ReadOnlySpan<byte> ReadString() => _bytes[ReadStringRange()];

    /// <summary>Reads a byte string and tells where in the bytes it stands.</summary>
    /// <exception cref="LacquerException">There is none, its length is not canonical, or it goes on beyond the end.</exception>
    public Range ReadStringRange()
    {
        BeginValue(BencodeKind.Bytes);
        var range = TakeString();
        EndValue();
        return range;
    }

    /// <summary>Opens a list.</summary>
    /// <exception cref="LacquerException">There is none, or it is nested too deep.</exception>
    public void EnterList() => Enter(BencodeKind.List);

    /// <summary>Opens a dictionary.</summary>
    /// <exception cref="LacquerException">There is none, or it is nested too deep.</exception>
    public void EnterDictionary() => Enter(BencodeKind.Dictionary);

    /// <summary>Whether the open list has another item; if not, the list is left.</summary>
    /// <exception cref="LacquerException">The bytes end too early.</exception>
    public bool ReadItem()
    {
        if (_depth == 0 || _levels[_depth - 1].IsDictionary)
            throw new InvalidOperationException("no list is open");
        if (Next != BencodeKind.End)
            return true;
        Leave();
        return false;
    }

    /// <summary>Reads the open dictionary's next key; if there is none, the dictionary is left.</summary>
    /// <exception cref="LacquerException">The key is no string, or does not sort after the one before.</exception>
    public bool ReadKey(out ReadOnlySpan<byte> key)
    {
        if (_depth == 0 || !_levels[_depth - 1].IsDictionary || _levels[_depth - 1].AwaitsValue)
            throw new InvalidOperationException("no key is due");
        key = default;
        var next = Next;
        if (next == BencodeKind.End)
        {
            Leave();
            return false;
        }

        if (next != BencodeKind.Bytes)
            throw Damaged(OffsetBytes, $"expected a key, met {Describe(next)}");
        Count();
        var start = OffsetBytes;
        var range = TakeString();
        key = _bytes[range];
        ref var level = ref _levels[_depth - 1];
        if (level.HasKey && _bytes[level.LastKey].SequenceCompareTo(key) >= 0)
            throw Damaged(start, "a key that does not sort after the one before it");
        level.HasKey = true;
        level.LastKey = range;
        level.AwaitsValue = true;
        return true;
    }

    /// <summary>Reads one whole value, whatever it is, and tells where it stands.</summary>
    /// <exception cref="LacquerException">The value is not canonical.</exception>
    public Range Skip()
    {
        var start = OffsetBytes;
        var outside = _depth;
        do
        {
            if (_depth > outside && _levels[_depth - 1] is { IsDictionary: true, AwaitsValue: false })
            {
                ReadKey(out _);
                continue;
            }

            switch (Next)
            {
                case BencodeKind.Number: ReadInteger(); break;
                case BencodeKind.Bytes: ReadStringRange(); break;
                case BencodeKind.List: EnterList(); break;
                case BencodeKind.Dictionary: EnterDictionary(); break;
                case BencodeKind.End when _depth > outside && !_levels[_depth - 1].IsDictionary: Leave(); break;
                default: throw Damaged(OffsetBytes, $"expected a value, met {Describe(Next)}");
            }
        }
        while (_depth > outside);

        return start..OffsetBytes;
    }

    /// <summary>Makes sure that the value is complete and nothing follows it.</summary>
    /// <exception cref="LacquerException">Something follows.</exception>
    public readonly void Finish()
    {
        if (Next != BencodeKind.Nothing)
            throw new InvalidOperationException("the value is not read to its end");
        if (OffsetBytes != _bytes.Length)
            throw Damaged(OffsetBytes, $"{_bytes.Length - OffsetBytes} bytes after the end of the value");
    }

    private static LacquerException Damaged(int offset, string what) =>
        new(Failure.Damaged, string.Create(CultureInfo.InvariantCulture, $"bencode at byte {offset}: {what}"));

    private static string Describe(BencodeKind kind) => kind switch
    {
        BencodeKind.Number => "an integer",
        BencodeKind.Bytes => "a string",
        BencodeKind.List => "a list",
        BencodeKind.Dictionary => "a dictionary",
        BencodeKind.End => "the end of a list or dictionary",
        _ => "nothing",
    };

    private Range TakeString()
    {
        var start = OffsetBytes;
        var rest = _bytes[start..];
        // A length has at most 10 digits, as the bytes are at most 2³¹.
        var digits = rest[..Math.Min(rest.Length, 11)].IndexOf((byte)':');
        if (digits < 0)
            throw Damaged(start, "a string without a length");
        var length = rest[..digits];
        if (length.IsEmpty || length.ContainsAnyExceptInRange((byte)'0', (byte)'9') || (length[0] == '0' && length.Length > 1)
            || !long.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            throw Damaged(start, "a string's length that is not in canonical form");
        var first = start + digits + 1;
        if (value > _bytes.Length - first)
            throw Damaged(start, $"a string of {value} bytes, where {_bytes.Length - first} are left");
        OffsetBytes = first + (int)value;
        return first..OffsetBytes;
    }

    private void BeginValue(BencodeKind expected)
    {
        if (_depth > 0 && _levels[_depth - 1] is { IsDictionary: true, AwaitsValue: false })
            throw new InvalidOperationException("a key is due, not a value");
        var next = Next;
        if (next != expected)
            throw Damaged(OffsetBytes, $"expected {Describe(expected)}, met {Describe(next)}");
        Count();
    }

    private readonly void EndValue()
    {
        if (_depth > 0)
            _levels[_depth - 1].AwaitsValue = false;
    }

    private void Enter(BencodeKind kind)
    {
        BeginValue(kind);
        if (_depth == _depthLimit)
            throw Damaged(OffsetBytes, $"more than {_depthLimit} lists and dictionaries within each other");
        if (_depth == _levels.Length)
            Array.Resize(ref _levels, 2 * _depth);
        _levels[_depth++] = new Level { IsDictionary = kind == BencodeKind.Dictionary };
        OffsetBytes++;
    }

    private void Leave()
    {
        Count();
        OffsetBytes++;
        _depth--;
        EndValue();
    }

    private void Count()
    {
        if (TokenCount == _tokenLimit)
            throw Damaged(OffsetBytes, $"more than {_tokenLimit} tokens");
        TokenCount++;
    }

    private struct Level
    {
        public bool IsDictionary;
        public bool AwaitsValue;
        public bool HasKey;
        public Range LastKey;
    }
}
