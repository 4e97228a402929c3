using System.Buffers;
using System.Text;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Sources;

/// <summary>
/// Rows of CSV (RFC 4180) in bounded memory. Beyond the RFC, lines may end with LF or CR alone too, a quote within an unquoted cell is a letter, and empty lines are passed over. After a bad row it goes on with the line
/// after the one on which that row began, so that a quote that is never closed costs one line.
/// </summary>
/// <param name="read">Where the bytes come from.</param>
/// <param name="delimiter">What stands between cells.</param>
/// <param name="hasQuotes">Whether cells may be quoted; in tab-separated values (IANA text/tab-separated-values) they are not.</param>
internal sealed class CsvReader(ReadBytes read, byte delimiter, bool hasQuotes)
{
    /// <summary>Bytes of the longest row.</summary>
    public const int LongestRow = 1 << 20;

    private const int AtEnd = -1;
    private const int TooLong = -2;
    private const string IsLong = "the row has more than 1 MiB: perhaps a quote is not closed";

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private readonly byte[] _buffer = new byte[LongestRow + (64 << 10)];
    private readonly ArrayBufferWriter<byte> _cell = new();
    private int _start;
    private int _end;
    private bool _isRead;
    private long _nextLine = 1;

    /// <summary>The line on which the row that was given last begins, from 1.</summary>
    public long Line { get; private set; }

    /// <summary>Reads the next row. False at the end.</summary>
    /// <param name="cells">Its cells.</param>
    /// <param name="problem">Why it is none; the cells then mean nothing.</param>
    public bool TryNext(List<string> cells, out string? problem)
    {
        while (At(0) is '\n' or '\r')
            Take(At(0) == '\r' && At(1) == '\n' ? 2 : 1, 1);
        (Line, problem) = (_nextLine, null);
        cells.Clear();
        if (At(0) == AtEnd)
            return false;
        var (at, lines, firstEnd, next) = (0, 0, 0, 0);
        while (true)
        {
            _cell.ResetWrittenCount();
            var isQuoted = hasQuotes && At(at) == '"';
            if (isQuoted)
            {
                // Two quotes are one; the second of them is what is written.
                for (at++; At(at) != '"' || At(++at) == '"'; at++)
                {
                    var letter = At(at);
                    if (letter < 0)
                        return Bad(letter == TooLong ? IsLong : "a quote is not closed", at, firstEnd, out problem);
                    if (letter == '\n' && lines++ == 0)
                        firstEnd = at + 1;
                    _cell.Write([(byte)letter]);
                }
            }

            while ((next = At(at)) >= 0 && next != delimiter && next is not ('\n' or '\r'))
            {
                if (isQuoted)
                    return Bad("something follows a quote that closes a cell", at, firstEnd, out problem);
                _cell.Write([(byte)next]);
                at++;
            }

            if (next == TooLong)
                return Bad(IsLong, at, firstEnd, out problem);
            try
            {
                cells.Add(Strict.GetString(_cell.WrittenSpan));
            }
            catch (DecoderFallbackException)
            {
                return Bad("it is not UTF-8", at, firstEnd, out problem);
            }

            if (next != delimiter)
                break;
            at++;
        }

        Take(at + (next == AtEnd ? 0 : next == '\r' && At(at + 1) == '\n' ? 2 : 1), lines + 1);
        return true;
    }

    // To the end of the row's first line; the others are read again.
    private bool Bad(string reason, int at, int firstEnd, out string? problem)
    {
        problem = reason;
        if (firstEnd > 0)
        {
            Take(firstEnd, 1);
            return true;
        }

        Take(at, 1);
        while (At(0) >= 0 && At(0) != '\n')
            Take(1, 0);
        Take(At(0) == '\n' ? 1 : 0, 0);
        return true;
    }

    private void Take(int bytes, int lines)
    {
        _start += bytes;
        _nextLine += lines;
    }

    // A byte from where the row begins.
    private int At(int index)
    {
        while (_start + index >= _end)
        {
            if (_isRead)
                return AtEnd;
            if (index >= LongestRow)
                return TooLong;
            if (_end == _buffer.Length)
            {
                _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
                (_start, _end) = (0, _end - _start);
            }

            var got = read(_buffer.AsSpan(_end));
            _isRead = got == 0;
            _end += got;
        }

        return _buffer[_start + index];
    }
}
