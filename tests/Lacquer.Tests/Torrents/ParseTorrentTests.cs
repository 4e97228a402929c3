using System.Text.Json;
using Lacquer.Formats.Torrents;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Torrents;

/// <summary>What parse-torrent, with which WebTorrent reads torrents, makes of ours. It is installed with npm once, and kept in the user's cache.</summary>
public sealed class ParseTorrentTests
{
    private const string Package = "parse-torrent@11.0.24";

    private const string Script = """
        import { readFileSync } from 'node:fs'
        import parse from 'parse-torrent'
        const torrents = []
        for (const path of process.argv.slice(2)) {
          try {
            const t = await parse(readFileSync(path))
            torrents.push({ name: t.name, hash: t.infoHash, pieceLength: t.pieceLength, pieces: t.pieces.length, seeds: t.urlList, trackers: t.announce, files: t.files.map(f => [f.path, f.length, f.offset]) })
          } catch (error) {
            torrents.push({ refused: error.message })
          }
        }
        console.log(JSON.stringify(torrents))
        """;

    [Fact]
    public void It_reads_hybrids_and_the_v1_form_as_we_do_and_refuses_v2()
    {
        var modules = Need();
        using var volume = new SmallVolume(new TorrentEnvelope(["http://a.example/volumes/"], ["http://t.example/announce"]));
        // A module is looked for from the script's own folder on.
        Directory.CreateSymbolicLink(volume.Scratch["node_modules"], modules);
        File.WriteAllText(volume.Scratch["read.mjs"], Script);
        var (exit, output) = Tools.Run("node", volume.Scratch["read.mjs"], volume.Path(TorrentForm.Hybrid), volume.Path(TorrentForm.V1), volume.Path(TorrentForm.V2));
        Assert.True(exit == 0, output);
        using var read = JsonDocument.Parse(output);
        foreach (var (form, theirs) in new[] { TorrentForm.Hybrid, TorrentForm.V1 }.Zip(read.RootElement.EnumerateArray()))
        {
            var ours = TorrentReader.Parse(File.ReadAllBytes(volume.Path(form)));
            Assert.Equal((ours.Name, ours.InfoHashV1!.Value.ToString(), HybridTorrentTests.PieceLengthBytes, ours.PieceCount),
                (theirs.GetProperty("name").GetString(), theirs.GetProperty("hash").GetString(), theirs.GetProperty("pieceLength").GetInt32(), theirs.GetProperty("pieces").GetInt32()));
            Assert.Equal(ours.Webseeds, theirs.GetProperty("seeds").EnumerateArray().Select(seed => seed.GetString()));
            Assert.Equal(ours.Trackers, theirs.GetProperty("trackers").EnumerateArray().Select(tracker => tracker.GetString()));
            Assert.Equal(ours.Files.Select(file => (string.Join('/', file.Path.Prepend(ours.Name)), file.LengthBytes, file.OffsetBytes)), theirs.GetProperty("files").EnumerateArray().Select(file => (file[0].GetString()!, file[1].GetInt64(), file[2].GetInt64())));
        }

        Assert.Contains("info.pieces", read.RootElement[2].GetProperty("refused").GetString(), StringComparison.Ordinal);
    }

    // The folder of the modules; skips where there is none and none can be had.
    private static string Need()
    {
        Tools.Need("node", "npm");
        var cache = Path.Combine(Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } home ? home : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"), "lacquer-tests");
        var kept = Path.Combine(cache, Package);
        if (!Directory.Exists(kept))
        {
            // Under another name first, so that a run cut off leaves no half a package behind.
            var partial = Directory.CreateDirectory(Path.Combine(cache, $"{Guid.NewGuid():N}.partial")).FullName;
            var (exit, output) = Tools.Run("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", partial, Package);
            if (exit != 0)
            {
                Directory.Delete(partial, recursive: true);
                Assert.Skip($"npm install {Package} fails: {output.Split('\n').FirstOrDefault(line => line.StartsWith("npm error", StringComparison.Ordinal))}");
            }

            if (!Directory.Exists(kept))
                Directory.Move(partial, kept);
        }

        return Path.Combine(kept, "node_modules");
    }
}
