namespace Lacquer.Stages.Workbench;

/// <summary>Lines of a stranger's bytes, in bounded memory: ended by LF or CR LF, the last perhaps by nothing. Lines without a letter are passed over.</summary>
/// <param name="read">Where the bytes come from.</param>
/// <param name="longest">Bytes of the longest line that is given.</param>
internal sealed class LineReader(ReadBytes read, int longest)
{
    private byte[] _buffer = new byte[64 << 10];
    private int _start;
    private int _end;

    /// <summary>The number of the line that was given last, from 1.</summary>
    public long Number { get; private set; }

    /// <summary>Its length where it is longer than lines may be; 0 where it is not.</summary>
    public long TooLongBytes { get; private set; }

    /// <summary>Gives the next line, valid until the one after it; an empty one where it is too long. False at the end.</summary>
    public bool TryNext(out ReadOnlyMemory<byte> line)
    {
        while (true)
        {
            var length = Find();
            if (length < 0)
            {
                line = default;
                return false;
            }

            Number++;
            line = TooLongBytes > 0 ? default : _buffer.AsMemory(_start, length);
            _start += Math.Min(length + 1, _end - _start);
            if (line.Span.EndsWith("\r"u8))
                line = line[..^1];
            if (TooLongBytes > 0 || line.Span.ContainsAnyExcept(" \t"u8))
                return true;
        }
    }

    // The next line's length without its end; negative where there is none.
    private int Find()
    {
        (TooLongBytes, var searched) = (0, 0);
        while (true)
        {
            if (_buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n') is >= 0 and var at)
                return searched + at;
            searched = _end - _start;
            if (searched > longest)
                return Skip();
            if (_start > 0)
            {
                _buffer.AsSpan(_start, searched).CopyTo(_buffer);
                (_start, _end) = (0, searched);
            }

            if (_end == _buffer.Length)
                Array.Resize(ref _buffer, 2 * _buffer.Length);
            var got = read(_buffer.AsSpan(_end));
            if (got == 0)
                return searched > 0 ? searched : -1;
            _end += got;
        }
    }

    private int Skip()
    {
        TooLongBytes = _end - _start;
        while (true)
        {
            (_start, _end) = (0, read(_buffer));
            if (_end == 0)
                return 0;
            if (_buffer.AsSpan(0, _end).IndexOf((byte)'\n') is >= 0 and var at)
            {
                TooLongBytes += at;
                return at;
            }

            TooLongBytes += _end;
        }
    }
}
