using System.Runtime.Intrinsics;

namespace Lacquer.Stages.Ingesting;

/// <summary>The highest magnitude that a channel's signal reaches at or between its samples: oversampled four times (ITU-R BS.1770-4, annex 2).</summary>
internal sealed class TruePeak
{
    /// <summary>Samples from before that stand in front of the new ones.</summary>
    public const int HistoryFrames = Taps - 1;

    private const int Taps = 12;

    // The interpolating filter of annex 2: its first two phases, of which the other two are mirror images.
    private static readonly float[] First =
        [0.0017089843750f, 0.0109863281250f, -0.0196533203125f, 0.0332031250000f, -0.0594482421875f, 0.1373291015625f, 0.9721679687500f, -0.1022949218750f, 0.0476074218750f, -0.0266113281250f, 0.0148925781250f, -0.0083007812500f];

    private static readonly float[] Second =
        [-0.0291748046875f, 0.0292968750000f, -0.0517578125000f, 0.0891113281250f, -0.1665039062500f, 0.4650878906250f, 0.7797851562500f, -0.2003173828125f, 0.1015625000000f, -0.0582275390625f, 0.0330810546875f, -0.0189208984375f];

    // The largest sum of magnitudes of a phase: no sample between others is higher than their highest by more than this.
    private static readonly float MostGain = Math.Max(First.Sum(Math.Abs), Second.Sum(Math.Abs));

    /// <summary>The highest so far, 1 for full scale.</summary>
    public float Highest { get; private set; }

    /// <summary>Takes samples.</summary>
    /// <param name="plane">The last <see cref="HistoryFrames"/> samples, then the new ones; the history is brought up to date.</param>
    /// <param name="frames">How many are new.</param>
    public void Add(float[] plane, int frames)
    {
        var seen = plane.AsSpan(0, HistoryFrames + frames);
        var at = 0;
        // By stretches: most of a piece cannot reach its highest peak.
        while (frames - at >= Vector256<float>.Count)
        {
            var stretch = Math.Min(64, (frames - at) & ~(Vector256<float>.Count - 1));
            var samples = Magnitude(seen.Slice(at, stretch + HistoryFrames));
            Highest = Math.Max(Highest, samples);
            if (samples * MostGain > Highest)
                for (var end = at + stretch; at < end; at += Vector256<float>.Count)
                    Highest = Math.Max(Highest, Between(seen[at..]));
            else
                at += stretch;
        }

        Highest = Math.Max(Highest, Magnitude(seen[at..]));
        for (; at < frames; at++)
            Highest = Math.Max(Highest, BetweenOne(seen[at..]));
        seen[frames..].CopyTo(plane);
    }

    /// <summary>Lets the filter ring out after the last sample.</summary>
    public void Finish(float[] plane)
    {
        plane.AsSpan(HistoryFrames, HistoryFrames).Clear();
        Add(plane, HistoryFrames);
    }

    private static float Magnitude(ReadOnlySpan<float> samples)
    {
        var most = Vector256<float>.Zero;
        var i = 0;
        for (; i <= samples.Length - Vector256<float>.Count; i += Vector256<float>.Count)
            most = Vector256.Max(most, Vector256.Abs(Vector256.Create(samples[i..])));
        var highest = Largest(most);
        for (; i < samples.Length; i++)
            highest = Math.Max(highest, Math.Abs(samples[i]));
        return highest;
    }

    // Eight moments at once, in each of the four phases.
    private static float Between(ReadOnlySpan<float> seen)
    {
        var (a, b, c, d) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
        for (var k = 0; k < Taps; k++)
        {
            var x = Vector256.Create(seen[k..]);
            a += x * First[k];
            b += x * Second[k];
            c += x * Second[Taps - 1 - k];
            d += x * First[Taps - 1 - k];
        }

        return Largest(Vector256.Max(Vector256.Max(Vector256.Abs(a), Vector256.Abs(b)), Vector256.Max(Vector256.Abs(c), Vector256.Abs(d))));
    }

    private static float BetweenOne(ReadOnlySpan<float> seen)
    {
        var (a, b, c, d) = (0f, 0f, 0f, 0f);
        for (var k = 0; k < Taps; k++)
        {
            a += seen[k] * First[k];
            b += seen[k] * Second[k];
            c += seen[k] * Second[Taps - 1 - k];
            d += seen[k] * First[Taps - 1 - k];
        }

        return Math.Max(Math.Max(Math.Abs(a), Math.Abs(b)), Math.Max(Math.Abs(c), Math.Abs(d)));
    }

    private static float Largest(Vector256<float> values)
    {
        var most = 0f;
        for (var i = 0; i < Vector256<float>.Count; i++)
            most = Math.Max(most, values[i]);
        return most;
    }
}
