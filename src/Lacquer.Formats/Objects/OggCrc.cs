using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Lacquer.Formats.Objects;

/// <summary>
/// The checksum of Ogg pages: CRC-32, polynomial 0x04C11DB7, most significant bit first, starting at 0, not inverted
/// (RFC 3533 §6, field 7).
/// </summary>
internal static class OggCrc
{
    private const uint Polynomial = 0x04C1_1DB7;

    // Slicing by 16: Table[256 * k + b] is the checksum of byte b followed by k zero bytes, so that sixteen bytes take
    // sixteen independent look-ups instead of a chain of sixteen.
    private static readonly uint[] Table = MakeTable();

    /// <summary>Carries a checksum on over more bytes; 0 begins one.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        ref var table = ref MemoryMarshal.GetArrayDataReference(Table);
        while (bytes.Length >= 16)
        {
            var high = BinaryPrimitives.ReadUInt64BigEndian(bytes) ^ ((ulong)crc << 32);
            var low = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
            crc = Eight(ref Unsafe.Add(ref table, 256 * 8), high) ^ Eight(ref table, low);
            bytes = bytes[16..];
        }
        foreach (var b in bytes)
            crc = (crc << 8) ^ Unsafe.Add(ref table, (int)((crc >> 24) ^ b));
        return crc;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Eight(ref uint table, ulong bytes) =>
        Unsafe.Add(ref table, (256 * 7) + (int)(bytes >> 56))
        ^ Unsafe.Add(ref table, (256 * 6) + (int)((bytes >> 48) & 0xFF))
        ^ Unsafe.Add(ref table, (256 * 5) + (int)((bytes >> 40) & 0xFF))
        ^ Unsafe.Add(ref table, (256 * 4) + (int)((bytes >> 32) & 0xFF))
        ^ Unsafe.Add(ref table, (256 * 3) + (int)((bytes >> 24) & 0xFF))
        ^ Unsafe.Add(ref table, (256 * 2) + (int)((bytes >> 16) & 0xFF))
        ^ Unsafe.Add(ref table, 256 + (int)((bytes >> 8) & 0xFF))
        ^ Unsafe.Add(ref table, (int)(bytes & 0xFF));

    private static uint[] MakeTable()
    {
        var table = new uint[16 * 256];
        for (var b = 0u; b < 256; b++)
        {
            var crc = b << 24;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc << 1) ^ ((crc & 0x8000_0000) == 0 ? 0 : Polynomial);
            table[b] = crc;
        }
        for (var i = 256; i < table.Length; i++)
            table[i] = (table[i - 256] << 8) ^ table[table[i - 256] >> 24];
        return table;
    }
}
