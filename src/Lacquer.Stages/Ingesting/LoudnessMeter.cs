using System.Runtime.Intrinsics;
using Lacquer.Formats.Objects;

namespace Lacquer.Stages.Ingesting;

/// <summary>
/// Measures loudness and true peak while samples pass by (EBU R 128; ITU-R BS.1770-4, annexes 1 and 2). The same samples give the same figures on every machine: no operation depends on what the processor can fuse.
/// </summary>
internal sealed class LoudnessMeter
{
    private const int ChunkFrames = 4096;
    private const int HopsInSecond = 10;

    // Channels as WAVE_FORMAT_EXTENSIBLE's mask has them. BS.1770-4, table 3: the low-frequency channel does not count, those beside and behind the listener count 1.5 dB more.
    private const uint LowFrequency = 0x8;
    private const uint Surround = 0x10 | 0x20 | 0x100 | 0x200 | 0x400;
    private const double SurroundWeight = 1.41;

    private readonly float[][] _planes;
    private readonly double[] _weights;
    private readonly KWeighting[] _filters;
    private readonly TruePeak[] _peaks;
    private readonly LoudnessBlocks _blocks = new();
    private readonly double[] _last = new double[4];
    private readonly int _hopFrames;
    private readonly List<float> _seconds = [];
    private double _secondSum;
    private int _hopSeen;
    private int _hops;
    private double _hopSum;

    /// <summary>Makes a meter that has heard nothing yet.</summary>
    /// <param name="rateHz">Samples a second.</param>
    /// <param name="channels">How many there are, at least 1.</param>
    /// <param name="mask">Which they are, as WAVE_FORMAT_EXTENSIBLE says it; 0 where that is not known.</param>
    public LoudnessMeter(int rateHz, int channels, uint mask)
    {
        _hopFrames = Math.Max(1, (rateHz + 5) / 10);
        _planes = new float[channels + channels % 2][];
        for (var i = 0; i < _planes.Length; i++)
            _planes[i] = new float[TruePeak.HistoryFrames + ChunkFrames];
        _filters = [.. Enumerable.Range(0, _planes.Length / 2).Select(_ => new KWeighting(rateHz))];
        _peaks = [.. Enumerable.Range(0, channels).Select(_ => new TruePeak())];
        _weights = new double[_planes.Length];
        for (var i = 0; i < channels; i++)
        {
            var bit = mask & (~mask + 1);
            mask &= mask - 1;
            _weights[i] = channels < 3 ? 1 : (bit & LowFrequency) != 0 ? 0 : (bit & Surround) != 0 ? SurroundWeight : 1;
        }
    }

    /// <summary>Samples of one channel so far.</summary>
    public long Frames { get; private set; }

    /// <summary>Takes samples, all channels of one moment after another; whole moments.</summary>
    public void Add(ReadOnlySpan<float> samples)
    {
        var channels = _peaks.Length;
        while (!samples.IsEmpty)
        {
            var frames = Math.Min(Math.Min(samples.Length / channels, ChunkFrames), _hopFrames - _hopSeen);
            for (var c = 0; c < channels; c++)
            {
                var plane = _planes[c].AsSpan(TruePeak.HistoryFrames, frames);
                for (int i = 0, at = c; i < plane.Length; i++, at += channels)
                    plane[i] = samples[at];
            }

            for (var c = 0; c < channels; c++)
                _peaks[c].Add(_planes[c], frames);
            for (var f = 0; f < _filters.Length; f++)
            {
                var (left, right) = _filters[f].Power(_planes[2 * f].AsSpan(TruePeak.HistoryFrames, frames), _planes[2 * f + 1].AsSpan(TruePeak.HistoryFrames, frames));
                _hopSum += _weights[2 * f] * left + _weights[2 * f + 1] * right;
            }

            samples = samples[(frames * channels)..];
            Frames += frames;
            _hopSeen += frames;
            if (_hopSeen == _hopFrames)
                CloseHop();
        }
    }

    /// <summary>What was measured.</summary>
    public Loudness Finish()
    {
        foreach (var (peak, plane) in _peaks.Zip(_planes))
            peak.Finish(plane);
        var most = _peaks.Max(p => p.Highest);
        return new Loudness(_blocks, most > 0 ? 20 * Math.Log10(most) : null) { Seconds = _seconds };
    }

    // A block is the last four hops: 400 ms, three quarters of which the next one has too.
    private void CloseHop()
    {
        _last[_hops++ % _last.Length] = _hopSum / _hopFrames;
        if (_hops >= _last.Length)
            _blocks.Add(_last.Average());
        _secondSum += _hopSum / _hopFrames;
        if (_hops % HopsInSecond == 0)
        {
            _seconds.Add((float)(_secondSum / HopsInSecond));
            _secondSum = 0;
        }

        (_hopSeen, _hopSum) = (0, 0);
        foreach (var filter in _filters)
            filter.Settle();
    }

    /// <summary>The K-weighting of two channels (BS.1770-4, annex 1, filters 1 and 2), for any sample rate: the analogue prototype whose form at 48 kHz is the one in the standard's tables.</summary>
    private sealed class KWeighting
    {
        private readonly Vector128<double> _b0, _b1, _b2, _a1, _a2, _c1, _c2;
        private Vector128<double> _s1, _s2, _t1, _t2;

        public KWeighting(int rateHz)
        {
            // Shelf and high-pass: frequency, quality and gain as libebur128 and ffmpeg have them. A filter cannot lie above half the sample rate.
            var k = Math.Tan(Math.PI * Math.Min(1681.974450955533 / rateHz, 0.45));
            const double Quality = 0.7071752369554196;
            var high = Math.Pow(10, 3.999843853973347 / 20);
            var band = Math.Pow(high, 0.4996667741545416);
            var norm = 1 + k / Quality + k * k;
            _b0 = Vector128.Create((high + band * k / Quality + k * k) / norm);
            _b1 = Vector128.Create(2 * (k * k - high) / norm);
            _b2 = Vector128.Create((high - band * k / Quality + k * k) / norm);
            _a1 = Vector128.Create(2 * (k * k - 1) / norm);
            _a2 = Vector128.Create((1 - k / Quality + k * k) / norm);

            k = Math.Tan(Math.PI * 38.13547087602444 / rateHz);
            const double LowQuality = 0.5003270373238773;
            norm = 1 + k / LowQuality + k * k;
            _c1 = Vector128.Create(2 * (k * k - 1) / norm);
            _c2 = Vector128.Create((1 - k / LowQuality + k * k) / norm);
        }

        /// <summary>Filters on, and gives the sums of the squares.</summary>
        public (double Left, double Right) Power(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
        {
            var (s1, s2, t1, t2, sum) = (_s1, _s2, _t1, _t2, Vector128<double>.Zero);
            var (b0, b1, b2, a1, a2, c1, c2) = (_b0, _b1, _b2, _a1, _a2, _c1, _c2);
            for (var i = 0; i < left.Length && i < right.Length; i++)
            {
                // Both filters in transposed direct form II; the second's zeros are 1, −2, 1.
                var x = Vector128.Create((double)left[i], right[i]);
                var y = b0 * x + s1;
                s1 = b1 * x - a1 * y + s2;
                s2 = b2 * x - a2 * y;
                var z = y + t1;
                t1 = t2 - (y + y) - c1 * z;
                t2 = y - c2 * z;
                sum += z * z;
            }

            (_s1, _s2, _t1, _t2) = (s1, s2, t1, t2);
            return (sum[0], sum[1]);
        }

        // What rings on through digital silence gets so small that processors take a hundred times as long for it.
        public void Settle()
        {
            var size = Vector128.Abs(_s1) + Vector128.Abs(_s2) + Vector128.Abs(_t1) + Vector128.Abs(_t2);
            if (size[0] + size[1] < 1e-30)
                _s1 = _s2 = _t1 = _t2 = Vector128<double>.Zero;
        }
    }
}
