using System.Buffers.Binary;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Objects;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Ingesting;

/// <summary>Pictures inside of objects, by <c>ingest.cover</c>.</summary>
public sealed class CoverPolicyTests
{
    [Fact]
    public async Task A_cover_is_inside_of_an_object_small_or_not_at_all_and_the_original_comes_back()
    {
        Tools.Need("ffmpeg", "ffprobe");
        using var scratch = new Scratch();
        var music = Directory.CreateDirectory(scratch["music"]).FullName;
        Music.Tone(Path.Combine(music, "kept.ogg"), "Kept", 3, 300, ["-c:a", "libvorbis", "-b:a", "64k"], "LICENSE=CC0-1.0");
        Music.Tone(Path.Combine(music, "encoded.flac"), "Encoded", 3, 400, ["-c:a", "flac"], "LICENSE=CC0-1.0");
        Assert.Equal(0, Tools.Run("ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=900x600:rate=1:duration=1", "-frames:v", "1", Path.Combine(music, "cover.png")).ExitCode);
        foreach (var policy in new[] { "none", "small" })
        {
            var archive = new Pipeline(scratch[policy]).Init();
            File.WriteAllText(archive.Layout.Configuration, $"name = \"test\"\n[tiers]\nkeep_lossy_up_to = 100\n[ingest]\ncover = \"{policy}\"\n");
            await archive.Harvest(music, null, "music");
            archive.Catalogue();
            Assert.Equal(2, (await archive.Ingest()).Held);
            foreach (var name in new[] { "kept.ogg", "encoded.flac" })
            {
                var id = EntityId.From(EntityKind.Recording, "music", name);
                using var ledger = archive.Ledger();
                var obj = ledger.Holding(id)!.Object;
                var path = archive.Layout.Object(obj.Root, obj.Extension);
                using (var file = File.OpenRead(path))
                {
                    var pictures = OggFile.ReadHead(file).Tags.Values("METADATA_BLOCK_PICTURE").ToList();
                    Assert.Equal(policy == "small" ? 1 : 0, pictures.Count);
                    if (policy == "small")
                    {
                        var block = Convert.FromBase64String(pictures[0]);
                        Assert.Equal((3, 500, 333), (Number(block, 0), Number(block, 8 + 10 + 4), Number(block, 8 + 10 + 8)));
                        Assert.Contains("500,333", Tools.Run("ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "stream=width,height", "-of", "csv=p=0", path).Output, StringComparison.Ordinal);
                    }
                }

                if (obj.IsTranscoded)
                    continue;
                await archive.Restore(id, scratch[policy + name]);
                Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(music, name), TestContext.Current.CancellationToken), await File.ReadAllBytesAsync(scratch[policy + name], TestContext.Current.CancellationToken));
            }
        }
    }

    private static int Number(byte[] block, int at) => BinaryPrimitives.ReadInt32BigEndian(block.AsSpan(at));
}
