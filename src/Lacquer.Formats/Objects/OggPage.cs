using System.Buffers.Binary;

namespace Lacquer.Formats.Objects;

/// <summary>One whole page, seen in the buffer that holds it (RFC 3533 §6).</summary>
internal readonly ref struct OggPage(Span<byte> bytes)
{
    /// <summary>The header up to the segment table.</summary>
    public const int FixedHeaderBytes = 27;

    /// <summary>A header with 255 lacing values and 255 full segments.</summary>
    public const int MaxBytes = FixedHeaderBytes + 255 + (255 * 255);

    /// <summary>The granule position of a page on which no packet ends (RFC 3533 §6, field 4).</summary>
    public const long NoGranule = -1;

    private const byte ContinuedFlag = 1;
    private const byte FirstFlag = 2;
    private const byte LastFlag = 4;

    private readonly Span<byte> _bytes = bytes;

    public static ReadOnlySpan<byte> Capture => "OggS"u8;

    public Span<byte> Bytes => _bytes;
    public byte Version => _bytes[4];
    public bool IsContinued => (_bytes[5] & ContinuedFlag) != 0;
    public bool IsFirst => (_bytes[5] & FirstFlag) != 0;
    public bool IsLast => (_bytes[5] & LastFlag) != 0;
    public long Granule => BinaryPrimitives.ReadInt64LittleEndian(_bytes[6..]);
    public uint Serial => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[14..]);
    public uint Number => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[18..]);
    public ReadOnlySpan<byte> CrcField => _bytes.Slice(22, 4);
    public ReadOnlySpan<byte> Lacing => _bytes.Slice(FixedHeaderBytes, _bytes[26]);
    public ReadOnlySpan<byte> Body => _bytes[(FixedHeaderBytes + _bytes[26])..];

    /// <summary>Whether the checksum field is that of the page with the field set to zero.</summary>
    public bool IsIntact => BinaryPrimitives.ReadUInt32LittleEndian(CrcField) == ComputeCrc();

    /// <summary>Gives the page another number and the checksum that goes with it.</summary>
    public void Renumber(uint number)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes[18..], number);
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes[22..], ComputeCrc());
    }

    /// <summary>Whether any packet ends on a page with these lacing values (RFC 3533 §5).</summary>
    public static bool EndsPacket(ReadOnlySpan<byte> lacing) => lacing.ContainsAnyExcept((byte)255);

    /// <summary>Makes a page that is not its stream's first.</summary>
    public static byte[] Make(uint serial, uint number, long granule, bool continued, bool last, ReadOnlySpan<byte> lacing, ReadOnlySpan<byte> body)
    {
        var bytes = new byte[FixedHeaderBytes + lacing.Length + body.Length];
        Capture.CopyTo(bytes);
        bytes[5] = (byte)((continued ? ContinuedFlag : 0) | (last ? LastFlag : 0));
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(6), granule);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(14), serial);
        bytes[26] = (byte)lacing.Length;
        lacing.CopyTo(bytes.AsSpan(FixedHeaderBytes));
        body.CopyTo(bytes.AsSpan(FixedHeaderBytes + lacing.Length));
        new OggPage(bytes).Renumber(number);
        return bytes;
    }

    private uint ComputeCrc()
    {
        ReadOnlySpan<byte> zero = [0, 0, 0, 0];
        var crc = OggCrc.Append(0, _bytes[..22]);
        crc = OggCrc.Append(crc, zero);
        return OggCrc.Append(crc, _bytes[26..]);
    }
}
