using System.Buffers.Binary;
using Lacquer.Formats.Findings;

namespace Lacquer.Formats.Objects;

/// <summary>
/// How loud the gating blocks of a piece of audio are (ITU-R BS.1770-4, annex 1): of the blocks of 400 ms that begin every 100 ms, how many lie in each step of 0.1 LU. From the blocks of its tracks comes the loudness
/// of an album, without their audio.
/// </summary>
public sealed class LoudnessBlocks
{
    private const double StepLu = 0.1;
    private const int Steps = 1000;
    private const int EntryBytes = 4;

    // BS.1770-4, annex 1: the absolute gate in LUFS, how far the relative one lies below what passed the first, and the constant of its formula (2).
    private const double AbsoluteGateLufs = -70;
    private const double RelativeGateLu = -10;
    private const double OffsetLufs = -0.691;

    private readonly long[] _counts = new long[Steps];

    /// <summary>Takes a block.</summary>
    /// <param name="power">Its mean square, K-weighted, summed over the channels by their weights.</param>
    public void Add(double power)
    {
        var step = (OffsetLufs + 10 * Math.Log10(power) - AbsoluteGateLufs) / StepLu;
        // What is no number, or silence, is not above the gate.
        if (step > 0)
            _counts[(int)Math.Min(step, Steps - 1)]++;
    }

    /// <summary>Takes all blocks of another piece.</summary>
    public void Add(LoudnessBlocks other)
    {
        for (var i = 0; i < Steps; i++)
            _counts[i] += other._counts[i];
    }

    /// <summary>Integrated loudness (EBU R 128) in LUFS, to about 0.01 LU; null where no block passes the absolute gate.</summary>
    public double? IntegratedLufs() =>
        MeanPower(0) is not { } ungated ? null
        : OffsetLufs + 10 * Math.Log10(MeanPower(Math.Max(0, (int)Math.Round((OffsetLufs + 10 * Math.Log10(ungated) + RelativeGateLu - AbsoluteGateLufs) / StepLu)))!.Value);

    /// <summary>
    /// The written form: for each step that has blocks, in rising order, two unsigned 16-bit little-endian numbers: tenths of an LU above −70 LUFS at its lower end, and how many blocks. A step with more than 65,535 has several.
    /// </summary>
    public byte[] ToBytes()
    {
        using var bytes = new MemoryStream();
        Span<byte> entry = stackalloc byte[EntryBytes];
        for (var i = 0; i < Steps; i++)
            for (var left = _counts[i]; left > 0; left -= ushort.MaxValue)
            {
                BinaryPrimitives.WriteUInt16LittleEndian(entry, (ushort)i);
                BinaryPrimitives.WriteUInt16LittleEndian(entry[2..], (ushort)Math.Min(left, ushort.MaxValue));
                bytes.Write(entry);
            }

        return bytes.ToArray();
    }

    /// <summary>Reads the written form.</summary>
    /// <exception cref="LacquerException">It is none.</exception>
    public static LoudnessBlocks Parse(ReadOnlySpan<byte> bytes)
    {
        var blocks = new LoudnessBlocks();
        for (; bytes.Length >= EntryBytes; bytes = bytes[EntryBytes..])
        {
            var step = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
            if (step >= Steps)
                throw new LacquerException(Failure.Damaged, $"loudness blocks of step {step}; the last is {Steps - 1}");
            blocks._counts[step] += BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]);
        }

        return bytes.IsEmpty ? blocks : throw new LacquerException(Failure.Damaged, $"loudness blocks end within an entry, {bytes.Length} bytes too late");
    }

    private double? MeanPower(int fromStep)
    {
        var (sum, count) = (0.0, 0L);
        for (var i = fromStep; i < Steps; i++)
        {
            sum += _counts[i] * Math.Pow(10, (AbsoluteGateLufs + (i + 0.5) * StepLu - OffsetLufs) / 10);
            count += _counts[i];
        }

        return count == 0 ? null : sum / count;
    }
}
