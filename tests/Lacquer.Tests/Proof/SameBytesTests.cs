using System.Diagnostics;
using System.Globalization;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Proof;

/// <summary>The whole way twice: in this process, and in one of its own with another language, time zone, folder and number of workers.</summary>
public sealed class SameBytesTests
{
    private const string Folder = "LACQUER_PROOF_FOLDER";

    [Fact]
    public async Task The_same_music_gives_the_same_bytes_in_another_folder_language_and_time_zone()
    {
        ProofArchive.Need();
        using var scratch = new Scratch();
        Directory.CreateDirectory(scratch["here"]);
        // Another depth, too: a path that reached the bytes would be of another length.
        var there = Directory.CreateDirectory(scratch["far/away/there"]).FullName;
        foreach (var folder in new[] { scratch["here"], there })
            Music.CopyTo(Path.Combine(folder, "music"));
        foreach (var file in Directory.EnumerateFiles(Path.Combine(there, "music"), "*", SearchOption.AllDirectories))
            File.SetLastWriteTimeUtc(file, new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc));
        var here = await WholeWay(scratch["here"], workers: 2);
        Directory.CreateDirectory(Path.Combine(there, "archive"));
        foreach (var key in new[] { here.Layout.SigningKey, here.Layout.PublicKey })
            File.Copy(key, Path.Combine(there, "archive", Path.GetFileName(key)));

        // Whether this is run by its own name or by dotnet, the other is run in the same way.
        string[] program = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(SameBytesTests).Assembly.Location] : [];
        var start = new ProcessStartInfo(Environment.ProcessPath!, [.. program, "-explicit", "only", "-method", $"{typeof(SameBytesTests).FullName}.{nameof(The_other_run)}", "-noLogo"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment[Folder] = there;
        start.Environment["TZ"] = "Pacific/Chatham";
        start.Environment["LANG"] = start.Environment["LC_ALL"] = "tr_TR.UTF-8";
        using (var process = Process.Start(start)!)
        {
            var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(process.ExitCode == 0 && File.Exists(Path.Combine(there, "done")), output + await error);
        }

        var other = new Pipeline(Path.Combine(there, "archive"));
        foreach (var (one, two) in new[]
        {
            (here.Layout.Accessions, other.Layout.Accessions), (here.Layout.Catalogues, other.Layout.Catalogues), (here.Layout.Objects, other.Layout.Objects),
            (here.Layout.Volumes, other.Layout.Volumes), (here.Layout.Editions, other.Layout.Editions),
        })
        {
            Assert.NotEmpty(MirrorTests.Contents(one));
            Assert.Equal(MirrorTests.Contents(one), MirrorTests.Contents(two));
        }
    }

    [Fact(Explicit = true)]
    public async Task The_other_run()
    {
        var folder = Environment.GetEnvironmentVariable(Folder) ?? throw new InvalidOperationException($"{Folder} is not set: the test above starts this one");
        Assert.Equal("tr-TR", CultureInfo.CurrentCulture.Name);
        Assert.Equal("ı", "I".ToLower(CultureInfo.CurrentCulture));
        Assert.Equal(new TimeSpan(13, 45, 0), TimeZoneInfo.Local.GetUtcOffset(new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc)));
        await WholeWay(folder, workers: 1);
        await File.WriteAllTextAsync(Path.Combine(folder, "done"), "", TestContext.Current.CancellationToken);
    }

    private static async Task<Pipeline> WholeWay(string folder, int workers)
    {
        var archive = new Pipeline(Path.Combine(folder, "archive")).Init();
        ProofArchive.Configure(archive, ("workers = 0", $"workers = {workers}"));
        return await archive.WholeWay(Path.Combine(folder, "music"));
    }
}
