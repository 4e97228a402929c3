using System.Buffers;
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

    private readonly ArrayBufferWriter<byte> _output;
    private readonly Stack<Container> _containers = new();
    private bool _finished;

    /// <summary>Makes a writer.</summary>
    /// <param name="expectedBytes">How long the value will be, about, so that it need not be moved while it grows.</param>
    public BencodeWriter(int expectedBytes = 256) => _output = new ArrayBufferWriter<byte>(Math.Max(1, expectedBytes));

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
        if (!_containers.TryPeek(out var container) || !container.IsDictionary)
            throw new InvalidOperationException("a key outside a dictionary");
        if (container.AwaitsValue)
            throw new InvalidOperationException("a key where a value is due");
        if (container.LastKey is { } last && _output.WrittenSpan[last].SequenceCompareTo(key) >= 0)
            throw new InvalidOperationException(
                $"key '{Encoding.UTF8.GetString(key)}' does not sort after '{Encoding.UTF8.GetString(_output.WrittenSpan[last])}'");
        WriteBytes(key);
        container.LastKey = (_output.WrittenCount - key.Length).._output.WrittenCount;
        container.AwaitsValue = true;
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
        if (!_containers.TryPeek(out var container))
            throw new InvalidOperationException("nothing is open");
        if (container.AwaitsValue)
            throw new InvalidOperationException("a dictionary ends where a value is due");
        _containers.Pop();
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

    /// <summary>The finished value.</summary>
    /// <exception cref="InvalidOperationException">Nothing was written, or something is still open.</exception>
    public byte[] ToArray() =>
        _finished ? _output.WrittenSpan.ToArray() : throw new InvalidOperationException("the value is not complete");

    private void Start(bool isDictionary)
    {
        BeforeValue();
        WriteRaw(isDictionary ? "d"u8 : "l"u8);
        _containers.Push(new Container(isDictionary));
    }

    private void BeforeValue()
    {
        if (_finished)
            throw new InvalidOperationException("the value is complete");
        if (_containers.TryPeek(out var container) && container.IsDictionary && !container.AwaitsValue)
            throw new InvalidOperationException("a value where a key is due");
    }

    private void AfterValue()
    {
        if (_containers.TryPeek(out var container))
            container.AwaitsValue = false;
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
        var span = _output.GetSpan(20);
        value.TryFormat(span, out var written, provider: CultureInfo.InvariantCulture);
        _output.Advance(written);
    }

    private void WriteRaw(ReadOnlySpan<byte> bytes) => _output.Write(bytes);

    private sealed class Container(bool isDictionary)
    {
        public bool IsDictionary { get; } = isDictionary;

        public bool AwaitsValue { get; set; }

        public Range? LastKey { get; set; }
    }
}
