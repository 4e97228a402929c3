using System.Numerics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using Lacquer.Formats.Identity;

namespace Lacquer.Formats.Objects;

/// <summary>
/// SHA-256 (FIPS 180-4) of many messages of 64 bytes each, eight at a time in the lanes of vectors. A library hashes one such message in the time of its bookkeeping, and a merkle tree is made of nothing else.
/// </summary>
internal static class Sha256Pairs
{
    /// <summary>Bytes of a message: two nodes.</summary>
    public const int MessageBytes = 2 * Sha256Digest.LengthBytes;

    private const int Lanes = 8;
    private const int Words = 16;
    private const int Rounds = 64;

    // FIPS 180-4, 4.2.2 and 5.3.3: the first 32 bits of the fractional parts of the cube roots of the first 64 primes, and of the square roots of the first eight.
    private static readonly uint[] Constants = Fractions(Rounds, prime => BigInteger.Pow(2, 96) * prime, 3);
    private static readonly uint[] Start = Fractions(Lanes, prime => BigInteger.Pow(2, 64) * prime, 2);

    // The second block of every message is the same: the padding of 5.1.1. Its schedule is added to the constants.
    private static readonly uint[] PaddingConstants = OfPadding();

    /// <summary>Hashes messages.</summary>
    /// <param name="messages">One after another.</param>
    /// <param name="digests">Room for 32 bytes of each; may begin where the messages do.</param>
    public static void Hash(ReadOnlySpan<byte> messages, Span<byte> digests)
    {
        var count = messages.Length / MessageBytes;
        var done = 0;
        if (Vector256.IsHardwareAccelerated)
            for (; count - done >= Lanes; done += Lanes)
                HashLanes(messages.Slice(done * MessageBytes, Lanes * MessageBytes), digests.Slice(done * Sha256Digest.LengthBytes, Lanes * Sha256Digest.LengthBytes));
        if (done == count)
            return;
        if (!Vector256.IsHardwareAccelerated || count - done == 1)
        {
            for (; done < count; done++)
                SHA256.HashData(messages.Slice(done * MessageBytes, MessageBytes), digests.Slice(done * Sha256Digest.LengthBytes, Sha256Digest.LengthBytes));
            return;
        }

        Span<byte> few = stackalloc byte[Lanes * MessageBytes];
        messages.Slice(done * MessageBytes, (count - done) * MessageBytes).CopyTo(few);
        HashLanes(few, few[..(Lanes * Sha256Digest.LengthBytes)]);
        few[..((count - done) * Sha256Digest.LengthBytes)].CopyTo(digests[(done * Sha256Digest.LengthBytes)..]);
    }

    private static void HashLanes(ReadOnlySpan<byte> messages, Span<byte> digests)
    {
        Span<Vector256<uint>> schedule = stackalloc Vector256<uint>[Rounds];
        Span<uint> word = stackalloc uint[Lanes];
        for (var i = 0; i < Words; i++)
        {
            for (var lane = 0; lane < Lanes; lane++)
                word[lane] = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(messages[(lane * MessageBytes + i * sizeof(uint))..]);
            schedule[i] = Vector256.Create<uint>(word);
        }

        for (var i = Words; i < Rounds; i++)
        {
            var (far, near) = (schedule[i - 15], schedule[i - 2]);
            schedule[i] = schedule[i - 16] + (Rotate(far, 7) ^ Rotate(far, 18) ^ (far >>> 3)) + schedule[i - 7] + (Rotate(near, 17) ^ Rotate(near, 19) ^ (near >>> 10));
        }

        for (var i = 0; i < Rounds; i++)
            schedule[i] += Vector256.Create(Constants[i]);
        Span<Vector256<uint>> state = stackalloc Vector256<uint>[Lanes];
        for (var i = 0; i < Lanes; i++)
            state[i] = Vector256.Create(Start[i]);
        Compress(state, schedule);
        for (var i = 0; i < Rounds; i++)
            schedule[i] = Vector256.Create(PaddingConstants[i]);
        Compress(state, schedule);
        for (var i = 0; i < Lanes; i++)
        {
            state[i].CopyTo(word);
            for (var lane = 0; lane < Lanes; lane++)
                System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(digests[(lane * Sha256Digest.LengthBytes + i * sizeof(uint))..], word[lane]);
        }
    }

    // FIPS 180-4, 6.2.2, step 2 on.
    private static void Compress(Span<Vector256<uint>> state, ReadOnlySpan<Vector256<uint>> schedule)
    {
        var (a, b, c, d, e, f, g, h) = (state[0], state[1], state[2], state[3], state[4], state[5], state[6], state[7]);
        foreach (var word in schedule)
        {
            var t1 = h + (Rotate(e, 6) ^ Rotate(e, 11) ^ Rotate(e, 25)) + Vector256.ConditionalSelect(e, f, g) + word;
            var t2 = (Rotate(a, 2) ^ Rotate(a, 13) ^ Rotate(a, 22)) + ((a & (b | c)) | (b & c));
            (h, g, f, e, d, c, b, a) = (g, f, e, d + t1, c, b, a, t1 + t2);
        }

        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
        state[4] += e;
        state[5] += f;
        state[6] += g;
        state[7] += h;
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Rotate(Vector256<uint> words, [System.Diagnostics.CodeAnalysis.ConstantExpected] byte bits) =>
        Avx512F.VL.IsSupported ? Avx512F.VL.RotateRight(words, bits) : (words >>> bits) | (words << (32 - bits));

    private static uint[] OfPadding()
    {
        var schedule = new uint[Rounds];
        schedule[0] = 1u << 31;
        schedule[Words - 1] = MessageBytes * 8;
        for (var i = Words; i < Rounds; i++)
        {
            var (far, near) = (schedule[i - 15], schedule[i - 2]);
            schedule[i] = schedule[i - 16] + (BitOperations.RotateRight(far, 7) ^ BitOperations.RotateRight(far, 18) ^ (far >> 3)) + schedule[i - 7] + (BitOperations.RotateRight(near, 17) ^ BitOperations.RotateRight(near, 19) ^ (near >> 10));
        }

        return schedule.Select((word, i) => word + Constants[i]).ToArray();
    }

    // The root of a prime with 32 bits behind the point, as a whole number; its low bits are what is behind it.
    private static uint[] Fractions(int count, Func<int, BigInteger> scaled, int degree) =>
        Enumerable.Range(2, 400).Where(n => Enumerable.Range(2, n - 2).All(d => n % d != 0)).Take(count).Select(prime => (uint)(Root(scaled(prime), degree) & uint.MaxValue)).ToArray();

    private static BigInteger Root(BigInteger of, int degree)
    {
        var (low, high) = (BigInteger.Zero, BigInteger.One << 40);
        while (high - low > 1)
            if (BigInteger.Pow((low + high) / 2, degree) is var power && power <= of)
                low = (low + high) / 2;
            else
                high = (low + high) / 2;
        return low;
    }
}
