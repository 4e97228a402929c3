using System.Buffers.Binary;
using Lacquer.Formats.Findings;
using ZstdSharp;

namespace Lacquer.Formats.Objects;

/// <summary>
/// The undo record of a rewrite: 20 bytes of fixed fields, then a Zstandard frame (RFC 8878) that holds the original head
/// region, compressed with the rewritten one as its dictionary. All numbers are 32-bit little-endian.
/// </summary>
/// <param name="RewrittenBytes">Length of the head region in the rewritten file.</param>
/// <param name="OriginalBytes">Length of the head region in the original file.</param>
/// <param name="NumberDelta">What the rewrite added to the number of each later page, modulo 2^32.</param>
/// <param name="ChecksumsCrc">
/// Ogg checksum over the checksum fields of the original's pages, the identification page and those after the head region:
/// a restore knows by it that record and object belong together and that no page is missing.
/// </param>
internal sealed record OggUndo(int RewrittenBytes, int OriginalBytes, uint NumberDelta, uint ChecksumsCrc)
{
    private const int FixedBytes = 20;

    // Text, so that the record says what it is, then the version.
    private static ReadOnlySpan<byte> Magic => "LQU\x01"u8;

    public byte[] ToBytes(ReadOnlySpan<byte> original, ReadOnlySpan<byte> rewritten)
    {
        using var compressor = new Compressor(LevelFor(original.Length));
        compressor.SetParameter(ZstdSharp.Unsafe.ZSTD_cParameter.ZSTD_c_checksumFlag, 1);
        compressor.LoadDictionary(rewritten);
        var frame = compressor.Wrap(original);
        var record = new byte[FixedBytes + frame.Length];
        Magic.CopyTo(record);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(4), RewrittenBytes);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(8), OriginalBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(12), NumberDelta);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(16), ChecksumsCrc);
        frame.CopyTo(record.AsSpan(FixedBytes));
        return record;
    }

    public static OggUndo Parse(ReadOnlySpan<byte> record)
    {
        if (record.Length < FixedBytes || !record.StartsWith(Magic[..3]))
            throw new LacquerException(Failure.Damaged, "not an undo record");
        if (record[3] != Magic[3])
            throw new LacquerException(Failure.Damaged, $"an undo record of version {record[3]}; only {Magic[3]} is known");
        var undo = new OggUndo(
            BinaryPrimitives.ReadInt32LittleEndian(record[4..]),
            BinaryPrimitives.ReadInt32LittleEndian(record[8..]),
            BinaryPrimitives.ReadUInt32LittleEndian(record[12..]),
            BinaryPrimitives.ReadUInt32LittleEndian(record[16..]));
        if ((uint)undo.RewrittenBytes > OggHeadPages.MaxRegionBytes || (uint)undo.OriginalBytes > OggHeadPages.MaxRegionBytes)
            throw new LacquerException(Failure.Damaged, $"the undo record claims head regions of more than {OggHeadPages.MaxRegionBytes} bytes");
        return undo;
    }

    /// <summary>The original head region; the frame's own checksum tells whether it is.</summary>
    public byte[] Original(ReadOnlySpan<byte> record, ReadOnlySpan<byte> rewritten)
    {
        var original = new byte[OriginalBytes];
        try
        {
            using var decompressor = new Decompressor();
            decompressor.LoadDictionary(rewritten);
            if (decompressor.Unwrap(record[FixedBytes..], original) == original.Length)
                return original;
        }
        catch (ZstdException exception)
        {
            throw new LacquerException(Failure.Damaged, "the undo record does not fit this file: " + exception.Message, inner: exception);
        }
        throw new LacquerException(Failure.Damaged, "the undo record does not hold as much as it claims");
    }

    // High levels cost seconds and hundreds of megabytes on a picture of ten, and find no more: what is left after the
    // dictionary is a few matches.
    private static int LevelFor(int originalBytes) => originalBytes <= 128 * 1024 ? 19 : 9;
}
