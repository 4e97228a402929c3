using System.Buffers.Binary;
using System.Numerics;

namespace Lacquer.Formats.Fingerprints;

/// <summary>How two fingerprints agree where they lie best on each other.</summary>
/// <param name="Offset">Items by which the second begins later than the first.</param>
/// <param name="ErrorRate">Share of their bits that differ, 0 to 1; what has nothing in common is near 0.5.</param>
/// <param name="WorstBlock">The same of the block of <see cref="Fingerprint.BlockItems"/> that agrees least: where a part was replaced.</param>
public readonly record struct FingerprintMatch(int Offset, double ErrorRate, double WorstBlock)
{
    /// <summary>Above it two are not the same audio. Measured: <c>./bench duplicates</c>.</summary>
    public const double MostErrors = 0.1;

    /// <summary>Above it, in any block, two are not the same audio.</summary>
    public const double MostErrorsOfBlock = 0.13;

    /// <summary>Whether both are of the same audio, from beginning to end.</summary>
    public bool IsSame => ErrorRate <= MostErrors && WorstBlock <= MostErrorsOfBlock;

    /// <summary>1 where every bit agrees, 0 at half of them.</summary>
    public double Score => Math.Max(0, 1 - 2 * ErrorRate);
}

/// <summary>
/// What audio sounds like: the items of Chromaprint's algorithm 2 (its raw form: 32 bits each, little-endian), one for each 4096/3 samples at 11,025 Hz. Each says how the energy of the twelve notes changes in time and pitch
/// around its moment, so that it stays nearly the same when the audio is encoded anew, at another level or sample rate.
/// </summary>
public sealed class Fingerprint
{
    /// <summary>Milliseconds from item to item.</summary>
    public const double ItemMs = 4096 / 3.0 / 11.025;

    /// <summary>Items of a block that are compared by themselves: about four seconds.</summary>
    public const int BlockItems = 32;

    /// <summary>By how many items two may be shifted or differ in length: about two and a half seconds.</summary>
    public const int MostOffset = 20;

    /// <summary>Terms of a fingerprint.</summary>
    public const int MostTerms = 24;

    // Silence, tones and a few seconds of anything sound alike to it.
    private const int LeastItems = 64;
    private const int LeastDistinct = 48;

    // The lowest bits change first; AcoustID's index leaves out four. With six, half an item's shift leaves more terms standing.
    private const int TermShift = 6;

    private readonly uint[] _items;

    private Fingerprint(uint[] items, bool isTelling) => (_items, IsTelling) = (items, isTelling);

    /// <summary>How many items it has.</summary>
    public int Count => _items.Length;

    /// <summary>Whether it says enough to be compared: it is long enough, and what is heard changes.</summary>
    public bool IsTelling { get; }

    /// <summary>Reads the raw form; a rest of fewer than four bytes is no item.</summary>
    public static Fingerprint Parse(ReadOnlySpan<byte> raw)
    {
        var items = new uint[raw.Length / 4];
        for (var i = 0; i < items.Length; i++)
            items[i] = BinaryPrimitives.ReadUInt32LittleEndian(raw[(i * 4)..]);
        return new Fingerprint(items, items.Length >= LeastItems && items.Distinct().Take(LeastDistinct).Count() == LeastDistinct);
    }

    /// <summary>
    /// Terms that two fingerprints of the same audio share some of, wherever either begins: of its distinct items, without their lowest bits, those with the smallest hashes (bottom-k sketch; Broder 1997, "On the resemblance
    /// and containment of documents"). In ascending order; none where it says too little.
    /// </summary>
    public IReadOnlyList<int> Terms() => !IsTelling ? [] : _items.Select(i => (int)(i >> TermShift)).Distinct().OrderBy(Hash).Take(MostTerms).Order().ToList();

    /// <summary>Compares two; null where their lengths are too far apart, or one of them says too little.</summary>
    public static FingerprintMatch? Compare(Fingerprint one, Fingerprint other)
    {
        if (!one.IsTelling || !other.IsTelling || Math.Abs(one.Count - other.Count) > MostOffset)
            return null;
        var (best, least) = (0, double.MaxValue);
        for (var offset = -MostOffset; offset <= MostOffset; offset++)
        {
            var length = Overlap(one, other, offset, out var a, out var b);
            // What hangs over is not compared: no more of it than an end that was cut off.
            if (Math.Max(one.Count, other.Count) - length > MostOffset)
                continue;
            var rate = ErrorRate(a, b);
            if (rate < least || (rate == least && Math.Abs(offset) < Math.Abs(best)))
                (best, least) = (offset, rate);
        }

        var compared = Overlap(one, other, best, out var first, out var second);
        var worst = ErrorRate(first[^BlockItems..], second[^BlockItems..]);
        for (var start = 0; start + BlockItems <= compared; start += BlockItems / 2)
            worst = Math.Max(worst, ErrorRate(first.Slice(start, BlockItems), second.Slice(start, BlockItems)));
        return new FingerprintMatch(best, least, worst);
    }

    private static int Overlap(Fingerprint one, Fingerprint other, int offset, out ReadOnlySpan<uint> a, out ReadOnlySpan<uint> b)
    {
        var (from, at) = (Math.Max(offset, 0), Math.Max(-offset, 0));
        var length = Math.Min(one.Count - from, other.Count - at);
        a = one._items.AsSpan(from, length);
        b = other._items.AsSpan(at, length);
        return length;
    }

    private static double ErrorRate(ReadOnlySpan<uint> a, ReadOnlySpan<uint> b)
    {
        var errors = 0L;
        for (var i = 0; i < a.Length; i++)
            errors += BitOperations.PopCount(a[i] ^ b[i]);
        return errors / (32.0 * a.Length);
    }

    // A permutation of 32 bits whose every bit depends on all others (Murmur 3's finaliser).
    private static uint Hash(int term)
    {
        var h = (uint)term;
        h = (h ^ (h >> 16)) * 0x85EBCA6B;
        h = (h ^ (h >> 13)) * 0xC2B2AE35;
        return h ^ (h >> 16);
    }
}
