using System.Buffers.Binary;
using System.Numerics;
using Lacquer.Formats.Findings;
using ZstdSharp;
using ZstdSharp.Unsafe;
using Zstd = ZstdSharp.Unsafe.Methods;

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

    // Up to here the best compression takes milliseconds. Above, there is a picture, which long-distance matching finds
    // again in one piece, in less time and memory than a high level would.
    private const int SmallBytes = 256 * 1024;

    // Text, so that the record says what it is, then the version.
    private static ReadOnlySpan<byte> Magic => "LQU\x01"u8;

    public byte[] ToBytes(ReadOnlySpan<byte> original, ReadOnlySpan<byte> rewritten)
    {
        var frame = Compress(original, rewritten);
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

    // The dictionary is given as a prefix (as zstd --patch-from does): loaded as a dictionary, its window is too small to
    // find a picture of some megabytes again. Any reader takes the frame with the region as a plain dictionary.
    private static unsafe ReadOnlySpan<byte> Compress(ReadOnlySpan<byte> original, ReadOnlySpan<byte> rewritten)
    {
        var context = Zstd.ZSTD_createCCtx();
        try
        {
            var isSmall = original.Length + rewritten.Length <= SmallBytes;
            Set(context, ZSTD_cParameter.ZSTD_c_compressionLevel, isSmall ? 19 : 3);
            Set(context, ZSTD_cParameter.ZSTD_c_checksumFlag, 1);
            if (!isSmall)
            {
                Set(context, ZSTD_cParameter.ZSTD_c_enableLongDistanceMatching, 1);
                Set(context, ZSTD_cParameter.ZSTD_c_windowLog, BitOperations.Log2((uint)(original.Length + rewritten.Length)) + 1);
            }
            var frame = new byte[Compressor.GetCompressBound(original.Length)];
            fixed (byte* from = original, prefix = rewritten, to = frame)
            {
                Check(Zstd.ZSTD_CCtx_refPrefix(context, prefix, (nuint)rewritten.Length));
                return frame.AsSpan(0, (int)Check(Zstd.ZSTD_compress2(context, to, (nuint)frame.Length, from, (nuint)original.Length)));
            }
        }
        finally
        {
            Zstd.ZSTD_freeCCtx(context);
        }
    }

    private static unsafe void Set(ZSTD_CCtx_s* context, ZSTD_cParameter parameter, int value) =>
        Check(Zstd.ZSTD_CCtx_setParameter(context, parameter, value));

    private static nuint Check(nuint result) =>
        Zstd.ZSTD_isError(result) ? throw new InvalidOperationException(Zstd.ZSTD_getErrorName(result)) : result;
}
