using System.Globalization;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Objects;
using Lacquer.Stages.Workbench;
using Lacquer.Tests.Objects;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Damage;

/// <summary>
/// Files of every common format with a few bytes changed, cut, moved or doubled. Our own readers take ten thousand of them; ffprobe and what becomes of its answers takes a
/// sample, or as many as LACQUER_MUTATIONS says.
/// </summary>
public sealed class MutatedAudioTests(MutatedAudioTests.Sound sound) : IClassFixture<MutatedAudioTests.Sound>
{
    // A comment header may have 16 MiB, and is held a few times over while it is rewritten.
    private const long MostBytesAllocated = 128L << 20;
    private const int Files = 10_000;

    private static int Probed => int.TryParse(Environment.GetEnvironmentVariable("LACQUER_MUTATIONS"), NumberStyles.None, CultureInfo.InvariantCulture, out var many) ? many : 48;

    [Fact]
    public void Our_readers_neither_fall_nor_swell_on_ten_thousand_mutated_files()
    {
        Tools.Need("ffmpeg");
        var random = Seeded.Random();
        for (var i = 0; i < Files; i++)
        {
            var (name, bytes) = sound.Mutated(random, i);
            var before = GC.GetAllocatedBytesForCurrentThread();
            var complaint = Record.Exception(() => Read(bytes));
            Assert.True(complaint is null or LacquerException { Failure: Failure.Damaged or Failure.Refused }, $"file {i}, {name}: {complaint}");
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < MostBytesAllocated, $"file {i}, {name} made its reader take {GC.GetAllocatedBytesForCurrentThread() - before} bytes");
        }
    }

    [Fact]
    public async Task A_mutated_file_is_described_or_set_aside_with_a_reason()
    {
        Tools.Need("ffmpeg", "ffprobe");
        using var folder = new Scratch();
        var (random, probe) = (Seeded.Random(), new AudioProbe());
        for (var i = 0; i < Probed; i++)
        {
            var (name, bytes) = sound.Mutated(random, i);
            await File.WriteAllBytesAsync(folder[name], bytes, TestContext.Current.CancellationToken);
            var complaint = await Record.ExceptionAsync(() => probe.DescribeAsync(name, folder[name], [], TestContext.Current.CancellationToken));
            Assert.True(complaint is null or UnusableFileException, $"file {i}, {name}: {complaint}");
            if (complaint is UnusableFileException { Message: var reason })
                Assert.DoesNotContain('\n', reason);
        }
    }

    private static void Read(byte[] bytes)
    {
        Assert.True(ProtectionScan.Find(new MemoryStream(bytes)) is null or { Length: > 0 and < 200 });
        if (!bytes.AsSpan().StartsWith("OggS"u8))
            return;
        _ = OggFile.Scan(new MemoryStream(bytes));
        var head = OggFile.ReadHead(new MemoryStream(bytes));
        using var rewritten = new MemoryStream();
        var undo = OggFile.Rewrite(new MemoryStream(bytes), new CommentHeader(head.Tags.Vendor, [new("TITLE", "x")]), rewritten);
        rewritten.Position = 0;
        using var restored = new MemoryStream();
        OggFile.Restore(rewritten, undo, restored);
        Assert.Equal(bytes, restored.ToArray());
    }

    /// <summary>A second of sound with tags, in each format.</summary>
    public sealed class Sound
    {
        private static readonly Dictionary<string, string> Formats = new() { ["ogg"] = "libvorbis", ["opus"] = "libopus", ["flac"] = "flac", ["mp3"] = "libmp3lame", ["wav"] = "pcm_s16le", ["m4a"] = "aac", ["mka"] = "libopus", ["wma"] = "wmav2", ["aiff"] = "pcm_s16be" };
        private readonly List<(string Name, byte[] Bytes)> _files = [];

        public Sound()
        {
            if (!Tools.Has("ffmpeg"))
                return;
            using var folder = new Scratch();
            foreach (var format in Formats.Keys)
            {
                var path = folder["a." + format];
                var (code, output) = Tools.Run("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=frequency=440:duration=1", "-metadata", "title=A tone", "-metadata", "artist=" + new string('n', 300), "-c:a", Formats[format], path);
                Assert.True(code == 0, output);
                _files.Add(("a." + format, File.ReadAllBytes(path)));
            }
        }

        /// <summary>One file with one to six changes, most of them in its headers; some Ogg files with their checksums put right, so that what stands behind them is read.</summary>
        public (string Name, byte[] Bytes) Mutated(Random random, int index)
        {
            var (name, bytes) = _files[index % _files.Count];
            bytes = bytes.ToArray();
            for (var edits = random.Next(1, 7); edits > 0; edits--)
                bytes = Change(bytes, random);
            if (random.Next(2) == 0)
                SyntheticOgg.Resign(bytes);
            return (name, bytes);
        }

        private static byte[] Change(byte[] bytes, Random random)
        {
            if (bytes.Length < 16)
                return bytes;
            var at = random.Next(random.Next(4) == 0 ? bytes.Length : Math.Min(bytes.Length, 600));
            var length = Math.Min(random.Next(1, 9), bytes.Length - at);
            switch (random.Next(7))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); return bytes;
                case 1: random.NextBytes(bytes.AsSpan(at, length)); return bytes;
                case 2: bytes.AsSpan(at, length).Fill(0xff); return bytes;
                case 3: bytes.AsSpan(at, length).Clear(); return bytes;
                case 4: return bytes[..at];
                case 5: return [.. bytes[..at], .. bytes[(at + length)..]];
                default: return [.. bytes[..(at + length)], .. bytes[at..]];
            }
        }
    }
}
