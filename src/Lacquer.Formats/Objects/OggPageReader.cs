namespace Lacquer.Formats.Objects;

/// <summary>What stands where the next page should begin.</summary>
internal enum OggReading
{
    /// <summary>A whole page; its checksum is not yet looked at.</summary>
    Page,

    /// <summary>Nothing: the source is over.</summary>
    End,

    /// <summary>Bytes that are not a page's capture pattern.</summary>
    NoCapture,

    /// <summary>A page that goes on past the end of the source.</summary>
    CutShort,
}

/// <summary>Reads pages one after another, forwards only, out of one buffer that holds a few pages at most.</summary>
internal sealed class OggPageReader(Stream source, int readAheadBytes)
{
    /// <summary>For a pass over a whole file: few calls into the operating system.</summary>
    public const int ReadAheadForFile = 128 * 1024;

    /// <summary>For a look at the headers only: most fit in this.</summary>
    public const int ReadAheadForHead = 8 * 1024;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(OggPage.MaxBytes + readAheadBytes);
    private int _start;
    private int _end;
    private int _pageLength;
    private bool _over;

    /// <summary>Where the current page, or what stands in its place, begins in the source.</summary>
    public long OffsetBytes { get; private set; }

    /// <summary>Bytes that are read and belong to no page yet; at the end of the source, all that are left.</summary>
    public int SeenBytes => _end - _start - _pageLength;

    /// <summary>The page last read; gone with the next call.</summary>
    public OggPage Page => new(_buffer.AsSpan(_start, _pageLength));

    /// <summary>Goes on to what follows the current page.</summary>
    public OggReading Read()
    {
        Advance(_pageLength);
        _pageLength = 0;
        var whole = Fill(OggPage.FixedHeaderBytes);
        var seen = _buffer.AsSpan(_start, _end - _start);
        if (seen.IsEmpty)
            return OggReading.End;
        var capture = OggPage.Capture;
        if (!seen.StartsWith(capture[..Math.Min(capture.Length, seen.Length)]))
            return OggReading.NoCapture;
        if (!whole)
            return OggReading.CutShort;
        var header = OggPage.FixedHeaderBytes + seen[26];
        if (!Fill(header))
            return OggReading.CutShort;
        var length = header;
        foreach (var lacing in _buffer.AsSpan(_start + OggPage.FixedHeaderBytes, header - OggPage.FixedHeaderBytes))
            length += lacing;
        if (!Fill(length))
            return OggReading.CutShort;
        _pageLength = length;
        return OggReading.Page;
    }

    /// <summary>After <see cref="OggReading.NoCapture"/>: goes to the next capture pattern or the end, and says how far that was.</summary>
    public long SkipToCapture()
    {
        var from = OffsetBytes;
        while (Fill(OggPage.Capture.Length))
        {
            var seen = _buffer.AsSpan(_start, _end - _start);
            var found = seen.IndexOf(OggPage.Capture);
            if (found >= 0)
            {
                Advance(found);
                return OffsetBytes - from;
            }
            // The last three bytes may be the beginning of a capture pattern.
            Advance(seen.Length - 3);
        }
        Advance(_end - _start);
        return OffsetBytes - from;
    }

    /// <summary>Takes bytes after the current page as they are; false where the source has fewer.</summary>
    public bool TryReadBytes(Span<byte> bytes)
    {
        Advance(_pageLength);
        _pageLength = 0;
        while (!bytes.IsEmpty)
        {
            if (!Fill(1))
                return false;
            var part = Math.Min(bytes.Length, _end - _start);
            _buffer.AsSpan(_start, part).CopyTo(bytes);
            bytes = bytes[part..];
            Advance(part);
        }
        return true;
    }

    private void Advance(int bytes)
    {
        _start += bytes;
        OffsetBytes += bytes;
    }

    private bool Fill(int bytes)
    {
        if (_end - _start >= bytes)
            return true;
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }
        while (_end < bytes && !_over)
        {
            var read = source.Read(_buffer, _end, Math.Min(_buffer.Length - _end, Math.Max(readAheadBytes, bytes - _end)));
            _over = read == 0;
            _end += read;
        }
        return _end >= bytes;
    }
}
