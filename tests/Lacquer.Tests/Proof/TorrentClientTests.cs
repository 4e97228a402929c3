using System.Diagnostics;
using System.Text.Json.Nodes;
using Lacquer.Formats.Editions;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Proof;

/// <summary>Stock clients load our torrents, find the archive complete, and fetch volumes from our web seed.</summary>
[Collection(ProofArchiveUsers.Name)]
public sealed class TorrentClientTests(ProofArchive proof)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public void Libtorrent_takes_every_torrent_as_v1_and_v2_and_finds_the_archive_complete()
    {
        ProofArchive.Need();
        LibtorrentCheck.Need();
        var volumes = proof.Manifest.Volumes;
        Assert.Equal(3, volumes.Count);
        // As published, and as sealed beside the volumes.
        foreach (var torrents in new[] { volumes.Select(v => Path.Combine(proof.Edition, v.TorrentPath)), volumes.Select(v => proof.Archive.Layout.VolumeTorrent(v.Name)) })
        {
            var answers = LibtorrentCheck.Ask(proof.Archive.Layout.Volumes, torrents);
            Assert.Equal(volumes.Select(v => (v.Name, true, true, v.InfoHashV1.ToString(), v.InfoHashV2.ToString())), answers.Select(a => (a.Name, a.HasV1, a.HasV2, a.V1, a.V2)));
            Assert.All(answers, a => Assert.Equal((1.0, a.OfPieces, null), (a.Progress, a.Pieces, a.Error)));
        }
    }

    [Fact]
    public async Task Aria2_fetches_a_volume_from_the_web_seed()
    {
        ProofArchive.Need("aria2c");
        using var scratch = new Scratch();
        var volume = proof.Manifest.Volumes[0];
        var torrent = new Uri(proof.Address, $"editions/{Path.GetFileName(proof.Edition)}/{volume.TorrentPath}").ToString();
        var (exit, output) = await Task.Run(() => Tools.Run("aria2c", Patience, "--no-conf", "--dir=" + scratch.Root, "--follow-torrent=mem", "--seed-time=0", "--enable-dht=false", "--enable-dht6=false", "--bt-enable-lpd=false",
            "--enable-peer-exchange=false", "--disable-ipv6", $"--listen-port={ProofArchive.FreePort()}", "--summary-interval=0", "--console-log-level=warn", "--file-allocation=none", torrent), TestContext.Current.CancellationToken);
        Assert.True(exit == 0, output);
        MustBe(volume, scratch.Root);
    }

    [Fact]
    public async Task Qbittorrent_fetches_a_volume_from_the_web_seed()
    {
        ProofArchive.Need("qbittorrent-nox");
        var stop = TestContext.Current.CancellationToken;
        using var scratch = new Scratch();
        var volume = proof.Manifest.Volumes[0];
        var (pagePort, peerPort) = (ProofArchive.FreePort(), ProofArchive.FreePort());
        Directory.CreateDirectory(scratch["profile/qBittorrent/config"]);
        await File.WriteAllTextAsync(scratch["profile/qBittorrent/config/qBittorrent.conf"], $"""
            [LegalNotice]
            Accepted=true

            [BitTorrent]
            Session\Interface=lo
            Session\InterfaceName=lo
            Session\Port={peerPort}
            Session\DHTEnabled=false
            Session\LSDEnabled=false
            Session\PeXEnabled=false

            [Network]
            PortForwardingEnabled=false

            [Preferences]
            Connection\UPnP=false
            WebUI\Address=127.0.0.1
            WebUI\LocalHostAuth=false
            WebUI\Port={pagePort}
            """, stop);
        using var client = new Process { StartInfo = new ProcessStartInfo("qbittorrent-nox", [$"--profile={scratch["profile"]}", $"--webui-port={pagePort}"]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true } };
        // A home of its own as well, so that nothing of the user's is read or written.
        client.StartInfo.Environment["HOME"] = scratch["profile"];
        client.OutputDataReceived += (_, _) => { };
        client.ErrorDataReceived += (_, _) => { };
        client.Start();
        client.BeginOutputReadLine();
        client.BeginErrorReadLine();
        try
        {
            using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{pagePort}/api/v2/"), Timeout = TimeSpan.FromSeconds(20) };
            await UntilAsync(async () =>
            {
                try
                {
                    return (await http.GetAsync(new Uri("app/version", UriKind.Relative), stop)).IsSuccessStatusCode;
                }
                catch (HttpRequestException)
                {
                    return false; // it does not listen yet
                }
            }, () => "qbittorrent-nox does not answer");

            using (var form = new MultipartFormDataContent())
            {
                form.Add(new ByteArrayContent(await File.ReadAllBytesAsync(Path.Combine(proof.Edition, volume.TorrentPath), stop)), "torrents", volume.Name + ".torrent");
                form.Add(new StringContent(scratch["got"]), "savepath");
                var added = await http.PostAsync(new Uri("torrents/add", UriKind.Relative), form, stop);
                Assert.Equal("Ok.", await added.Content.ReadAsStringAsync(stop));
            }

            JsonNode? torrent = null;
            await UntilAsync(async () =>
            {
                torrent = JsonNode.Parse(await http.GetStringAsync(new Uri("torrents/info", UriKind.Relative), stop))!.AsArray().FirstOrDefault();
                return torrent is not null && torrent["progress"]!.GetValue<double>() >= 1 && !((string)torrent["state"]!).StartsWith("checking", StringComparison.Ordinal);
            }, () => "qbittorrent-nox says " + torrent?.ToJsonString());
            Assert.Equal((volume.InfoHashV1.ToString(), volume.InfoHashV2.ToString()), ((string)torrent!["infohash_v1"]!, (string)torrent["infohash_v2"]!));
            await http.PostAsync(new Uri("app/shutdown", UriKind.Relative), null, stop);
            await client.WaitForExitAsync(stop).WaitAsync(Patience, stop);
        }
        finally
        {
            if (!client.HasExited)
            {
                client.Kill(entireProcessTree: true);
                await client.WaitForExitAsync(CancellationToken.None);
            }
        }

        MustBe(volume, scratch["got"]);
    }

    private void MustBe(ManifestVolume volume, string folder)
    {
        Assert.Equal(2, volume.FileCount);
        foreach (var file in proof.FilesOf(volume))
        {
            var got = Path.Combine(folder, volume.Name, file.Name);
            Assert.Equal(File.ReadAllBytes(Path.Combine(proof.Archive.Layout.Volume(volume.Name), file.Name)), File.ReadAllBytes(got));
            Assert.Equal(file.Sha256, ProofArchive.Hash(got));
        }
    }

    private static async Task UntilAsync(Func<Task<bool>> done, Func<string> otherwise)
    {
        for (var began = Stopwatch.StartNew(); !await done(); await Task.Delay(100, TestContext.Current.CancellationToken))
            Assert.True(began.Elapsed < Patience, otherwise());
    }
}
