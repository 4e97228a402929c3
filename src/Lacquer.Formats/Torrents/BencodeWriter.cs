using System.Globalization;
using System.Text;

namespace Lacquer.Formats.Torrents;

/// <summary>
/// Writes one bencoded value (BEP 3) in its one canonical form. Keys must come in the order of their bytes, each once; whoever
/// writes them otherwise has a defect, and is told so at once.
/// </summary>
public sealed class BencodeWriter
{
    private const int LongestOnStack = 256;

    private byte[] _bytes;
    private int _count;
    private Level[] _levels = new Level[8];
    private int _depth;
    private bool _finished;

    /// <summary>Makes a writer.</summary>
    /// <param name="expectedBytes">How long the value will be, about, so that it need not be moved while it grows.</param>
    public BencodeWriter(int expectedBytes = 256) => _bytes = GC.AllocateUninitializedArray<byte>(Math.Max(1, expectedBytes));

    /// <summary>Bytes written so far.</summary>
    public int LengthBytes => _count;

    /// <summary>Writes an integer.</summary>
    /// <exception cref="InvalidOperationException">A key must come first, or the value is complete.</exception>
    public void WriteInteger(long value)
    {
        BeforeValue();
        WriteRaw("i"u8);
        WriteNumber(value);
        WriteRaw("e"u8);
        AfterValue();
    }

    /// <summary>Writes a byte string.</summary>
    /// <exception cref="InvalidOperationException">A key must come first, or the value is complete.</exception>
    public void WriteString(ReadOnlySpan<byte> bytes)
    {
        BeforeValue();
        WriteBytes(bytes);
        AfterValue();
    }

    /// <summary>Writes a byte string of a length, whose bytes are put into what is given back before anything else is written.</summary>
    /// <exception cref="InvalidOperationException">A key must come first, or the value is complete.</exception>
    public Span<byte> WriteString(int lengthBytes)
    {
        BeforeValue();
        WriteNumber(lengthBytes);
        WriteRaw(":"u8);
        Reserve(lengthBytes);
        _count += lengthBytes;
        AfterValue();
        return _bytes.AsSpan(_count - lengthBytes, lengthBytes);
    }

    /// <summary>Writes a text as UTF-8.</summary>
    /// <exception cref="InvalidOperationException">A key must come first, or the value is complete.</exception>
    public void WriteString(string text)
    {
        Span<byte> bytes = stackalloc byte[LongestOnStack];
        WriteString(Encoding.UTF8.TryGetBytes(text, bytes, out var length) ? bytes[..length] : Encoding.UTF8.GetBytes(text));
    }

    /// <summary>Writes a dictionary's next key; its value follows.</summary>
    /// <exception cref="InvalidOperationException">No dictionary is open, the key before has no value, or does not sort before this one.</exception>
    public void WriteKey(ReadOnlySpan<byte> key)
    {
        if (_depth == 0 || !_levels[_depth - 1].IsDictionary)
            throw new InvalidOperationException("a key outside a dictionary");
        ref var level = ref _levels[_depth - 1];
        if (level.AwaitsValue)
            throw new InvalidOperationException("a key where a value is due");
        if (level.HasKey && _bytes.AsSpan(level.LastKeyOffset, level.LastKeyLength) is var last && last.SequenceCompareTo(key) >= 0)
            throw new InvalidOperationException($"key '{Encoding.UTF8.GetString(key)}' does not sort after '{Encoding.UTF8.GetString(last)}'");
        WriteBytes(key);
        (level.HasKey, level.AwaitsValue, level.LastKeyOffset, level.LastKeyLength) = (true, true, _count - key.Length, key.Length);
    }

    /// <summary>Writes a dictionary's next key as UTF-8; its value follows.</summary>
    /// <exception cref="InvalidOperationException">No dictionary is open, the key before has no value, or does not sort before this one.</exception>
    public void WriteKey(string key)
    {
        Span<byte> bytes = stackalloc byte[LongestOnStack];
        WriteKey(Encoding.UTF8.TryGetBytes(key, bytes, out var length) ? bytes[..length] : Encoding.UTF8.GetBytes(key));
    }

    /// <summary>Opens a dictionary.</summary>
    /// <exception cref="InvalidOperationException">A key must come first, or the value is complete.</exception>
    public void StartDictionary() => Start(isDictionary: true);

    /// <summary>Opens a list.</summary>
    /// <exception cref="InvalidOperationException">A key must come first, or the value is complete.</exception>
    public void StartList() => Start(isDictionary: false);

    /// <summary>Closes the innermost list or dictionary.</summary>
    /// <exception cref="InvalidOperationException">None is open, or the last key has no value.</exception>
    public void End()
    {
        if (_depth == 0)
            throw new InvalidOperationException("nothing is open");
        if (_levels[_depth - 1].AwaitsValue)
            throw new InvalidOperationException("a dictionary ends where a value is due");
        _depth--;
        WriteRaw("e"u8);
        AfterValue();
    }

    /// <summary>Puts in one value that is bencoded already, as it is.</summary>
    /// <exception cref="InvalidOperationException">A key must come first, or the value is complete.</exception>
    /// <exception cref="Findings.LacquerException">The bytes are not one canonical value.</exception>
    public void WriteEncoded(ReadOnlySpan<byte> value)
    {
        var reader = new BencodeReader(value, tokenLimit: int.MaxValue);
        reader.Skip();
        reader.Finish();
        WriteOwn(value);
    }

    /// <summary>Puts in what another writer wrote, unchecked.</summary>
    internal void WriteOwn(ReadOnlySpan<byte> value)
    {
        BeforeValue();
        WriteRaw(value);
        AfterValue();
    }

    /// <summary>The finished value, which is not copied.</summary>
    /// <exception cref="InvalidOperationException">Nothing was written, or something is still open.</exception>
    public ReadOnlyMemory<byte> Written => _finished ? _bytes.AsMemory(0, _count) : throw new InvalidOperationException("the value is not complete");

    /// <summary>A copy of the finished value.</summary>
    /// <exception cref="InvalidOperationException">Nothing was written, or something is still open.</exception>
    public byte[] ToArray() => Written.ToArray();

    private void Start(bool isDictionary)
    {
        BeforeValue();
        WriteRaw(isDictionary ? "d"u8 : "l"u8);
        if (_depth == _levels.Length)
            Array.Resize(ref _levels, 2 * _depth);
        _levels[_depth++] = new Level { IsDictionary = isDictionary };
    }

    private void BeforeValue()
    {
        if (_finished)
            throw new InvalidOperationException("the value is complete");
        if (_depth > 0 && _levels[_depth - 1] is { IsDictionary: true, AwaitsValue: false })
            throw new InvalidOperationException("a value where a key is due");
    }

    private void AfterValue()
    {
        if (_depth > 0)
            _levels[_depth - 1].AwaitsValue = false;
        else
            _finished = true;
    }

    private void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        WriteNumber(bytes.Length);
        WriteRaw(":"u8);
        WriteRaw(bytes);
    }

    private void WriteNumber(long value)
    {
        const int Longest = 20;
        Reserve(Longest);
        value.TryFormat(_bytes.AsSpan(_count), out var written, provider: CultureInfo.InvariantCulture);
        _count += written;
    }

    private void WriteRaw(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(_count));
        _count += bytes.Length;
    }

    private void Reserve(int bytes)
    {
        if (bytes > _bytes.Length - _count)
            Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, Math.Max(2L * _bytes.Length, (long)_count + bytes)));
    }

    private struct Level
    {
        public bool IsDictionary;
        public bool AwaitsValue;
        public bool HasKey;
        public int LastKeyOffset;
        public int LastKeyLength;
    }
}
