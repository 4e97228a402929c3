using System.Diagnostics;
using System.Text;
using Lacquer.Formats.Torrents;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Torrents;

/// <summary>Clients that know nothing of v2 load the form for v1 alone and find the same folder complete; what refuses the hybrid is seen to.</summary>
public sealed class OldClientTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public void Transmission_loads_the_v1_form_and_refuses_the_hybrid()
    {
        Tools.Need("transmission-show");
        using var volume = new Volume();
        var (exit, output) = Tools.Run("transmission-show", volume.Path(TorrentForm.V1));
        Assert.True(exit == 0, output);
        Assert.Contains($"Hash: {volume.Torrent.InfoHashV1Only}", output, StringComparison.Ordinal);
        Assert.Contains("Name: volume-000001", output, StringComparison.Ordinal);
        // What docs/format/volume.md says of version 3.00; a newer one may load it.
        if (Tools.Run("transmission-show", "--version").Output.Contains(" 3.00", StringComparison.Ordinal))
            Assert.NotEqual(0, Tools.Run("transmission-show", volume.Path(TorrentForm.Hybrid)).ExitCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Transmission_finds_the_folder_complete_and_sees_a_damaged_one(bool damaged)
    {
        Tools.Need("transmission-cli", "stdbuf");
        using var volume = new Volume(damaged);
        var settings = volume.Scratch["transmission"];
        Directory.CreateDirectory(settings);
        await File.WriteAllTextAsync(Path.Combine(settings, "settings.json"), "{\"dht-enabled\": false, \"lpd-enabled\": false, \"pex-enabled\": false, \"utp-enabled\": false, \"bind-address-ipv4\": \"127.0.0.1\", \"port-forwarding-enabled\": false}", TestContext.Current.CancellationToken);
        // As it says it: else it speaks when a block of that is full, after ten seconds.
        var output = await UntilAsync("stdbuf", ["-o0", "transmission-cli", "-g", settings, "-w", volume.Scratch.Root, "-v", "-M", volume.Path(TorrentForm.V1)], text => text.Contains("Seeding,", StringComparison.Ordinal) || text.Contains("Progress: ", StringComparison.Ordinal));
        Assert.Equal(!damaged, output.Contains("Seeding,", StringComparison.Ordinal));
    }

    // Runs a program that does not end by itself until it has said enough.
    private static async Task<string> UntilAsync(string program, string[] arguments, Func<string, bool> enough)
    {
        using var process = new Process { StartInfo = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true } };
        var said = new StringBuilder();
        void Hear(object sender, DataReceivedEventArgs line)
        {
            lock (said)
                said.AppendLine(line.Data);
        }

        process.OutputDataReceived += Hear;
        process.ErrorDataReceived += Hear;
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            for (var began = Stopwatch.StartNew(); ; await Task.Delay(100, TestContext.Current.CancellationToken))
            {
                string now;
                lock (said)
                    now = said.ToString();
                if (enough(now))
                    return now;
                Assert.True(began.Elapsed < Patience && !process.HasExited, $"{program} said: {now}");
            }
        }
        finally
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    /// <summary>A volume's folder and its torrents.</summary>
    private sealed class Volume : IDisposable
    {
        public Volume(bool damaged = false)
        {
            var files = HybridTorrentTests.Files();
            Torrent = HybridTorrent.Build("volume-000001", HybridTorrentTests.PieceLengthBytes, files);
            Directory.CreateDirectory(Scratch["volume-000001"]);
            for (var index = 0; index < files.Length; index++)
            {
                var content = HybridTorrentTests.Content(index);
                if (damaged && index == 5)
                    content[^1] ^= 1;
                File.WriteAllBytes(System.IO.Path.Combine(Scratch["volume-000001"], files[index].Name), content);
                // Who takes pad files for ordinary ones looks for them.
                var padBytes = (HybridTorrentTests.PieceLengthBytes - content.Length % HybridTorrentTests.PieceLengthBytes) % HybridTorrentTests.PieceLengthBytes;
                Directory.CreateDirectory(Scratch["volume-000001/.pad"]);
                if (padBytes > 0)
                    File.WriteAllBytes(Scratch[FormattableString.Invariant($"volume-000001/.pad/{padBytes}")], new byte[padBytes]);
            }

            foreach (var form in Enum.GetValues<TorrentForm>())
                File.WriteAllBytes(Path(form), Torrent.ToBytes(form, TorrentEnvelope.Empty));
        }

        public Scratch Scratch { get; } = new();

        public HybridTorrent Torrent { get; }

        public string Path(TorrentForm form) => Scratch[form.FileName("volume-000001")];

        public void Dispose() => Scratch.Dispose();
    }
}
