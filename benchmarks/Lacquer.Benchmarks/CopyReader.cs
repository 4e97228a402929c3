using System.Buffers.Text;

namespace Lacquer.Benchmarks;

/// <summary>Reads rows in the text format of PostgreSQL's COPY, as <see cref="RankedRows"/> writes them. What a row's columns give is good until the next row.</summary>
internal sealed class CopyReader(string path) : IDisposable
{
    private readonly FileStream _file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.SequentialScan);
    private readonly List<Range> _columns = [];
    private byte[] _buffer = new byte[1 << 20];
    private byte[] _plain = new byte[1 << 12];
    private int _start;
    private int _end;

    /// <summary>Goes to the next row, if there is one.</summary>
    public bool Read()
    {
        int length;
        while ((length = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n')) < 0)
            if (!Fill())
                return false;
        _columns.Clear();
        for (var (from, end) = (_start, _start + length); from <= end;)
        {
            var width = _buffer.AsSpan(from, end - from).IndexOf((byte)'\t');
            var to = width < 0 ? end : from + width;
            _columns.Add(from..to);
            from = to + 1;
        }

        _start += length + 1;
        return true;
    }

    public long Number(int column) => NumberOrNull(column) ?? throw new InvalidDataException($"{path}: column {column} is null");

    public long? NumberOrNull(int column)
    {
        var text = Raw(column);
        if (text.SequenceEqual("\\N"u8))
            return null;
        return Utf8Parser.TryParse(text, out long number, out var used) && used == text.Length ? number : throw new InvalidDataException($"{path}: column {column} is no number");
    }

    /// <summary>A text in UTF-8; each call for the same row may give the room of the one before to another.</summary>
    public ReadOnlySpan<byte> Text(int column)
    {
        var text = Raw(column);
        if (!text.Contains((byte)'\\'))
            return text;
        if (_plain.Length < text.Length)
            _plain = new byte[text.Length];
        var length = 0;
        for (var i = 0; i < text.Length; i++)
            _plain[length++] = text[i] != '\\' ? text[i] : text[++i] switch { (byte)'t' => (byte)'\t', (byte)'n' => (byte)'\n', (byte)'r' => (byte)'\r', var other => other };
        return _plain.AsSpan(0, length);
    }

    /// <summary>Bytes, or none for null.</summary>
    public ReadOnlySpan<byte> Bytes(int column)
    {
        var text = Raw(column);
        if (text.SequenceEqual("\\N"u8))
            return [];
        Convert.FromHexString(text["\\\\x".Length..], _plain, out _, out var length);
        return _plain.AsSpan(0, length);
    }

    public void Dispose() => _file.Dispose();

    private ReadOnlySpan<byte> Raw(int column) => _buffer.AsSpan(_columns[column]);

    private bool Fill()
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        if (_end == _buffer.Length)
            Array.Resize(ref _buffer, _buffer.Length * 2);
        var read = _file.Read(_buffer, _end, _buffer.Length - _end);
        _end += read;
        return read > 0;
    }
}
