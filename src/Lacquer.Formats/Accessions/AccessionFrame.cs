using ZstdSharp;

namespace Lacquer.Formats.Accessions;

/// <summary>A frame of an accession: some whole lines.</summary>
/// <param name="Offset">Where its first line begins in the uncompressed bytes.</param>
/// <param name="Bytes">As stored, or unpacked already.</param>
/// <param name="UnpackedBytes">How many bytes it has unpacked; null where it is.</param>
public sealed record AccessionFrame(long Offset, byte[] Bytes, int? UnpackedBytes)
{
    /// <summary>The lines, each with its end; in <paramref name="buffer"/>, which grows where it must, or as they are.</summary>
    /// <exception cref="FormatException">The frame is broken.</exception>
    public ReadOnlyMemory<byte> Unpack(Decompressor decompressor, ref byte[] buffer)
    {
        if (UnpackedBytes is not { } length)
            return Bytes;
        if (buffer.Length < length)
            buffer = new byte[length];
        try
        {
            if (decompressor.Unwrap(Bytes, buffer.AsSpan(0, length)) == length && length > 0 && buffer[length - 1] == (byte)'\n')
                return buffer.AsMemory(0, length);
        }
        catch (ZstdException)
        {
            // Said below.
        }

        throw new FormatException(FormattableString.Invariant($"the frame at {Offset} cannot be read"));
    }
}
