using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Lacquer.Formats.Torrents;
using Xunit;

namespace Lacquer.Tests.Torrents;

/// <summary>What a stock client makes of our torrents.</summary>
public sealed class LibtorrentTests
{
    private const string Python = "/usr/bin/python3";

    // Prints what libtorrent reads in the torrent argv[1], and how much of it is right in the folder argv[2].
    private const string Script = """
        import json, sys, time
        import libtorrent as lt
        info = lt.torrent_info(sys.argv[1])
        hashes = info.info_hashes()
        session = lt.session({"enable_dht": False, "enable_lsd": False, "enable_upnp": False, "enable_natpmp": False,
                              "listen_interfaces": "127.0.0.1:0"})
        handle = session.add_torrent({"ti": info, "save_path": sys.argv[2], "flags": lt.torrent_flags.upload_mode})
        handle.force_recheck()
        until = time.monotonic() + 30
        seen_checking = False
        while time.monotonic() < until:
            state = handle.status().state
            checking = state in (lt.torrent_status.checking_files, lt.torrent_status.checking_resume_data)
            seen_checking = seen_checking or checking
            if not checking and (seen_checking or handle.status().progress == 1.0):
                break
            time.sleep(0.02)
        status = handle.status()
        print(json.dumps({
            "v1": str(hashes.v1) if hashes.has_v1() else None, "v2": str(hashes.v2) if hashes.has_v2() else None,
            "files": [info.files().file_path(i) for i in range(info.num_files()) if not info.files().file_flags(i) & 1],
            "progress": status.progress, "webseeds": [seed["url"] for seed in info.web_seeds()],
            "error": str(status.errc.message()) if status.errc.value() else None,
        }))
        """;

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Libtorrent_finds_our_hashes_and_the_folder_complete(bool v1Only, bool damaged)
    {
        SkipWithoutLibtorrent();
        var folder = Directory.CreateTempSubdirectory("lacquer-test-");
        try
        {
            var files = HybridTorrentTests.Files();
            var torrent = HybridTorrent.Build("volume-000001", HybridTorrentTests.PieceLengthBytes, files);
            var payload = folder.CreateSubdirectory("volume-000001");
            for (var index = 0; index < files.Length; index++)
            {
                var content = HybridTorrentTests.Content(index);
                if (damaged && index == 5)
                    content[^1] ^= 1;
                File.WriteAllBytes(Path.Combine(payload.FullName, files[index].Name), content);
            }

            var path = Path.Combine(folder.FullName, "v.torrent");
            File.WriteAllBytes(path, (v1Only ? torrent.ToBytes(TorrentForm.V1, TorrentEnvelope.Empty with { Webseeds = ["http://127.0.0.1:9/"] }) : torrent.ToBytes(["http://127.0.0.1:9/"], [])).Span);

            var (exitCode, output, error) = Run(Script, path, folder.FullName);
            Assert.True(exitCode == 0, error);
            using var answer = JsonDocument.Parse(output);
            var root = answer.RootElement;
            Assert.Equal((v1Only ? torrent.InfoHashV1Only : torrent.InfoHashV1).ToString(), root.GetProperty("v1").GetString());
            Assert.Equal(v1Only ? null : torrent.InfoHashV2.ToString(), root.GetProperty("v2").GetString());
            Assert.Equal(files.Select(file => "volume-000001/" + file.Name), root.GetProperty("files").EnumerateArray().Select(file => file.GetString()));
            Assert.Equal(["http://127.0.0.1:9/"], root.GetProperty("webseeds").EnumerateArray().Select(url => url.GetString()));
            Assert.Null(root.GetProperty("error").GetString());
            var progress = root.GetProperty("progress").GetDouble();
            if (damaged)
                Assert.InRange(progress, 0.5, 0.999);
            else
                Assert.Equal(1.0, progress);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    // Prints the info hash of the v2 torrent that libtorrent itself makes of the folder argv[2] in argv[1].
    private const string Maker = """
        import os, sys
        import libtorrent as lt
        storage = lt.file_storage()
        lt.add_files(storage, os.path.join(sys.argv[1], sys.argv[2]))
        torrent = lt.create_torrent(storage, int(sys.argv[3]), lt.create_torrent.v2_only)
        lt.set_piece_hashes(torrent, sys.argv[1])
        print(lt.torrent_info(torrent.generate()).info_hashes().v2)
        """;

    [Fact]
    public void Libtorrent_makes_the_same_v2_torrent_of_the_same_files()
    {
        SkipWithoutLibtorrent();
        using var volume = new SmallVolume(TorrentEnvelope.Empty);
        volume.Fill(volume.Scratch.Root, pads: false);
        var (exitCode, output, error) = Run(Maker, volume.Scratch.Root, SmallVolume.Name, HybridTorrentTests.PieceLengthBytes.ToString(CultureInfo.InvariantCulture));
        Assert.True(exitCode == 0, error);
        Assert.Equal(volume.Torrent.InfoHashV2Only.ToString(), output.Trim());
    }

    private static void SkipWithoutLibtorrent()
    {
        try
        {
            if (Run("import libtorrent").ExitCode == 0)
                return;
        }
        catch (Win32Exception)
        {
            // No such program: skipped below.
        }

        Assert.Skip($"{Python} cannot import libtorrent (Debian's package python3-libtorrent)");
    }

    private static (int ExitCode, string Output, string Error) Run(string script, params string[] arguments)
    {
        var start = new ProcessStartInfo(Python) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["-c", script, .. arguments])
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.GetAwaiter().GetResult());
    }
}
