using System.Globalization;
using Lacquer.Formats.Findings;
using Lacquer.Stages.Workbench;

namespace Lacquer.Cli.Demonstration;

/// <summary>Something to listen to: a free soundtrack from Debian's archive, or where that cannot be had, a few pieces made by ffmpeg.</summary>
internal static class DemoMusic
{
    // Debian 12 and 13. The music of The Battle for Wesnoth: about 40 pieces, most with a LICENSE tag.
    private static readonly string[] Packages = ["wesnoth-1.16-music", "wesnoth-1.18-music"];
    private static readonly TimeSpan FetchLimit = TimeSpan.FromMinutes(20);
    private static readonly TimeSpan ToolLimit = TimeSpan.FromMinutes(10);

    private static readonly string[] Titles = ["Valley", "First light", "The long stair", "Mill wheel", "Under the ice", "Two lanterns", "Harbour", "Going home"];

    /// <summary>Installs ffmpeg where it is missing and that can be done without asking.</summary>
    /// <exception cref="LacquerException">It cannot; the hint says what to type.</exception>
    public static async Task RequireFfmpegAsync(Terminal terminal, CancellationToken stop)
    {
        if (Toolbox.Find("ffmpeg") is not null && Toolbox.Find("ffprobe") is not null)
            return;
        if (Toolbox.Find("apt-get") is not null && await PrivilegeAsync(stop).ConfigureAwait(false) is { } prefix)
        {
            terminal.Say("installing ffmpeg");
            await ShellAsync($"{prefix}apt-get update -q && {prefix}env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends ffmpeg", "/", ToolLimit, stop).ConfigureAwait(false);
        }

        Toolbox.Require("ffmpeg", "ffmpeg");
        Toolbox.Require("ffprobe", "ffmpeg");
    }

    /// <summary>Puts music into a folder that is not there yet; it appears whole.</summary>
    /// <returns>Where it is from, in words.</returns>
    public static async Task<string> BringAsync(string folder, Terminal terminal, IProgress<StageProgress> progress, CancellationToken stop)
    {
        var staging = new StagingFolder(folder);
        var download = staging.Path + ".deb";
        if (Directory.Exists(download))
            Directory.Delete(download, recursive: true);
        Directory.CreateDirectory(download);
        try
        {
            if (await FetchAsync(download, progress, stop).ConfigureAwait(false) is { } package)
            {
                var (code, error) = await ShellAsync("dpkg -x ./*.deb \"$2\"", download, ToolLimit, stop, staging.Path).ConfigureAwait(false);
                if (code != 0)
                    throw new LacquerException(Failure.Damaged, $"{package} cannot be unpacked: {error}", "run it again: it is fetched anew");
                staging.Seal();
                return $"the soundtrack of The Battle for Wesnoth, from Debian's package {package}";
            }
        }
        finally
        {
            Directory.Delete(download, recursive: true);
        }

        terminal.Say("Debian's music package cannot be fetched here, so ffmpeg composes a few pieces");
        for (var i = 0; i < Titles.Length; i++)
        {
            progress.Report(new StageProgress("compose", i, Titles.Length));
            await ComposeAsync(staging.Path, i, stop).ConfigureAwait(false);
        }

        staging.Seal();
        return $"{Titles.Length} short pieces, composed by ffmpeg";
    }

    private static async Task<string?> FetchAsync(string folder, IProgress<StageProgress> progress, CancellationToken stop)
    {
        if (Toolbox.Find("apt-get") is null || Toolbox.Find("dpkg") is null)
            return null;
        // Without lists of packages, as in a fresh container, no package is found; only root may fetch them.
        foreach (var before in Environment.IsPrivilegedProcess ? new[] { "", "apt-get update -q && " } : [""])
            foreach (var package in Packages)
            {
                var fetching = ShellAsync($"{before}apt-get download -q {package}", folder, FetchLimit, stop);
                while (!fetching.IsCompleted)
                {
                    await Task.WhenAny(fetching, Task.Delay(TimeSpan.FromMilliseconds(200), stop)).ConfigureAwait(false);
                    progress.Report(new StageProgress($"fetch {package}", new DirectoryInfo(folder).EnumerateFiles().Sum(f => f.Exists ? f.Length : 0), 0, IsBytes: true));
                }

                if ((await fetching.ConfigureAwait(false)).ExitCode == 0 && Directory.EnumerateFiles(folder, "*.deb").Any())
                    return package;
            }

        return null;
    }

    // An arpeggio over two voices. The same piece every time: bit-exact muxing, no clock.
    private static async Task ComposeAsync(string folder, int number, CancellationToken stop)
    {
        var (key, beats) = (number * 5 % 12, 3 + number % 3);
        var note = $"(7*mod(floor(t*{beats}),2)+5*gt(mod(floor(t*{beats}),8),3)+3*gt(mod(floor(t*{beats}),4),1)+{key})";
        var voice = $"0.4*sin(2*PI*220*pow(2,{note}/12)*t)*exp(-4*mod(t,1/{beats}))+0.15*sin(2*PI*110*pow(2,{key}/12)*t)*(0.6+0.4*sin(t))";
        var (extension, codec) = number % 4 == 3 ? ("flac", new[] { "-c:a", "flac" }) : ("ogg", ["-c:a", "libvorbis", "-q:a", "4"]);
        var seconds = (15 + 2 * number).ToString(CultureInfo.InvariantCulture);
        var result = await Toolbox.RunAsync(Toolbox.Require("ffmpeg", "ffmpeg"),
        [
            "-nostdin", "-v", "error", "-f", "lavfi", "-i", $"aevalsrc='{voice}|{voice}':s=44100:d={seconds}", "-af", $"afade=t=in:d=1,afade=t=out:st={12 + 2 * number}:d=3", .. codec,
            "-metadata", $"title={Titles[number]}", "-metadata", "artist=Lacquer's Tone Generator", "-metadata", "album=Demonstration", "-metadata", $"track={number + 1}", "-metadata", "LICENSE=CC0-1.0",
            "-fflags", "+bitexact", "-flags:a", "+bitexact", Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{number + 1:00}.{extension}")),
        ], ToolLimit, stop).ConfigureAwait(false);
        if (result.ExitCode != 0)
            throw new LacquerException(Failure.Missing, $"ffmpeg cannot compose: {result.Error.ReplaceLineEndings(" ").Trim()}", "install an ffmpeg with libvorbis, or name a folder: lacquer demo --music DIR");
    }

    /// <summary>What to put before a command that only root may run; null where nobody lets us.</summary>
    private static async Task<string?> PrivilegeAsync(CancellationToken stop) =>
        Environment.IsPrivilegedProcess ? ""
        : Toolbox.Find("sudo") is { } sudo && (await Toolbox.RunAsync(sudo, ["-n", "true"], TimeSpan.FromSeconds(20), stop).ConfigureAwait(false)).ExitCode == 0 ? "sudo -n "
        : null;

    private static async Task<(int ExitCode, string Error)> ShellAsync(string script, string folder, TimeSpan limit, CancellationToken stop, string argument = "")
    {
        try
        {
            var result = await Toolbox.RunAsync("/bin/sh", ["-c", $"cd \"$1\" && {script}", "sh", folder, argument], limit, stop).ConfigureAwait(false);
            return (result.ExitCode, result.Error.ReplaceLineEndings(" ").Trim());
        }
        catch (TimeoutException e)
        {
            return (-1, e.Message);
        }
    }
}
