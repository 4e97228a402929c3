using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Lacquer.Formats.Identity;

namespace Lacquer.Stages.Ingesting;

/// <summary>Reads what ffmpeg decodes, a WAV stream of 32-bit floats without an end, and measures it on its way.</summary>
/// <param name="isHashed">Whether its samples are hashed as well.</param>
internal sealed class DecodedAudio(bool isHashed) : IDisposable
{
    private const int BufferBytes = 1 << 16;
    private const int LongestHeader = 1 << 12;
    private const int MostChannels = 64;
    private const ushort Extensible = 0xFFFE;
    private readonly IncrementalHash? _hash = isHashed ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;
    private LoudnessMeter? _meter;
    private int _rateHz;

    /// <summary>Milliseconds so far; null where nothing came.</summary>
    public double? DurationMs => _meter is { Frames: > 0 } meter ? meter.Frames * 1000.0 / _rateHz : null;

    /// <summary>Reads to the end.</summary>
    public async Task ReadAsync(Stream from, CancellationToken cancel)
    {
        var buffer = new byte[BufferBytes];
        var (held, frameBytes) = (0, 0);
        while (true)
        {
            var read = await from.ReadAsync(buffer.AsMemory(held), cancel).ConfigureAwait(false);
            if (read == 0)
                return;
            held += read;
            var start = 0;
            if (_meter is null)
            {
                if ((start = Begin(buffer.AsSpan(0, held), out frameBytes)) == 0 && held < LongestHeader)
                    continue;
                if (start == 0)
                {
                    // Not what was asked for: it is let run out, and nothing is measured.
                    await from.CopyToAsync(Stream.Null, cancel).ConfigureAwait(false);
                    return;
                }
            }

            var whole = (held - start) / frameBytes * frameBytes;
            var samples = buffer.AsSpan(start, whole);
            _hash?.AppendData(samples);
            _meter!.Add(MemoryMarshal.Cast<byte, float>(samples));
            buffer.AsSpan(start + whole, held - start - whole).CopyTo(buffer);
            held -= start + whole;
        }
    }

    /// <summary>What was measured, and SHA-256 of the samples where they were hashed: 32-bit floats, little-endian, all channels of one moment after another.</summary>
    /// <exception cref="UnusableAudioException">Nothing came.</exception>
    public (Loudness Loudness, Sha256Digest? Samples) Finish()
    {
        if (_meter is not { Frames: > 0 } meter)
            throw new UnusableAudioException("ffmpeg decodes nothing of it");
        return (meter.Finish(), _hash is null ? null : new Sha256Digest(_hash.GetHashAndReset()));
    }

    /// <inheritdoc/>
    public void Dispose() => _hash?.Dispose();

    // The samples' first byte, or 0 where the header is not whole yet or is none.
    private int Begin(ReadOnlySpan<byte> seen, out int frameBytes)
    {
        frameBytes = 0;
        if (seen.Length < 12 || !seen.StartsWith("RIFF"u8))
            return 0;
        var (channels, mask) = (0, 0u);
        for (var at = 12; at + 8 <= seen.Length;)
        {
            var name = seen.Slice(at, 4);
            var (length, body) = (BinaryPrimitives.ReadUInt32LittleEndian(seen[(at + 4)..]), at + 8);
            if (name.SequenceEqual("data"u8))
            {
                if (channels is < 1 or > MostChannels || _rateHz < 1)
                    return 0;
                frameBytes = channels * sizeof(float);
                _meter = new LoudnessMeter(_rateHz, channels, mask);
                return body;
            }

            if (length > LongestHeader || body + (int)length > seen.Length)
                return 0;
            if (name.SequenceEqual("fmt "u8) && length >= 16)
            {
                channels = BinaryPrimitives.ReadUInt16LittleEndian(seen[(body + 2)..]);
                _rateHz = (int)Math.Min(int.MaxValue, BinaryPrimitives.ReadUInt32LittleEndian(seen[(body + 4)..]));
                mask = length >= 24 && BinaryPrimitives.ReadUInt16LittleEndian(seen[body..]) == Extensible ? BinaryPrimitives.ReadUInt32LittleEndian(seen[(body + 20)..]) : 0;
            }

            at = body + (int)length + (int)(length % 2);
        }

        return 0;
    }
}
