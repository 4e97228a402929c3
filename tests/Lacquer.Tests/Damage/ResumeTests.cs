using System.Security.Cryptography;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Damage;

/// <summary>A catalogue's build that is stopped in any stage goes on with that stage, trusts nothing that is not whole, and ends with the bytes of an undisturbed one.</summary>
public sealed class ResumeTests
{
    private static readonly string[] Order = ["parse", "match", "load releases", "look-ups", "search"];

    [Theory]
    [InlineData("parse", "parse match load releases look-ups search")]
    [InlineData("match", "match load releases look-ups search")]
    [InlineData("load releases", "load releases look-ups search")]
    [InlineData("look-ups", "load releases look-ups search")]
    [InlineData("search", "search")]
    public void Stages_that_finished_are_not_done_again(string stopped, string again)
    {
        using var archive = Archive();
        var expected = Undisturbed(archive);
        Stop(archive, stopped);
        Assert.False(Directory.Exists(archive.Layout.Catalogue("000001")));
        var heard = new LineArchive.Heard();
        var report = archive.Build(heard);
        Assert.True(report.IsNew);
        Assert.Equal(again, string.Join(' ', heard.Stages));
        Assert.Equal(expected, State(archive, report.Findings));
    }

    [Fact]
    public void Stopped_in_every_stage_one_after_another_it_gets_there()
    {
        using var archive = Archive();
        var expected = Undisturbed(archive);
        foreach (var stage in Order.Concat(Order[1..]).Order(Comparer<string>.Create((a, b) => Array.IndexOf(Order, a) - Array.IndexOf(Order, b))))
            Stop(archive, stage);
        Assert.Equal(expected, State(archive, archive.Build().Findings));
    }

    [Fact]
    public void What_is_not_whole_is_not_trusted()
    {
        using var archive = Archive();
        var expected = Undisturbed(archive);
        Stop(archive, "look-ups");
        var partial = archive.Layout.Catalogue("000001") + ".partial";
        using var scratch = new Scratch();
        Scratch.Copy(partial, scratch["stopped"]);
        var files = Directory.GetFiles(partial).Select(f => Path.GetFileName(f)).Where(f => f.EndsWith(".bin", StringComparison.Ordinal) || f.EndsWith(".json", StringComparison.Ordinal)).ToList();
        Assert.Contains("mentions.bin", files);
        Assert.Contains("matched-leads.bin", files);
        foreach (var file in files)
        {
            // Short, or full of zeros as after a power cut; and for what says that a stage ended: gone, or of another form.
            Func<byte[], byte[]?>[] damages = file.EndsWith(".bin", StringComparison.Ordinal) ? [b => b.Length > 0 ? b[..^1] : null, b => b.Length > 0 ? new byte[b.Length] : [1]]
                : [_ => null, _ => [], b => b[..(b.Length / 2)], b => new byte[b.Length], _ => "null"u8.ToArray(), _ => "{}"u8.ToArray(), _ => "[1]"u8.ToArray()];
            foreach (var damage in damages)
            {
                if (archive.Layout.NewestCatalogue() is { } built)
                    Directory.Delete(built, recursive: true);
                Scratch.Copy(scratch["stopped"], partial);
                var path = Path.Combine(partial, file);
                var bytes = damage(File.ReadAllBytes(path));
                File.Delete(path);
                if (bytes is not null)
                    File.WriteAllBytes(path, bytes);
                Assert.Equal(expected, State(archive, archive.Build().Findings));
            }
        }
    }

    [Theory]
    [InlineData("match")]
    [InlineData("look-ups")]
    [InlineData("search")]
    public void What_was_begun_of_other_accessions_is_begun_anew(string stopped)
    {
        using var archive = Archive();
        using var other = Archive();
        Stop(archive, stopped);
        foreach (var each in new[] { archive, other })
            each.Add("third", "release/1", """{"entity":"release","record":{"id":"new","title":"New","media":[{"tracks":[{"title":"n"}]}]}}""");
        var expected = Undisturbed(other);
        var heard = new LineArchive.Heard();
        Assert.Equal(expected, State(archive, archive.Build(heard).Findings));
        Assert.Equal(Order, heard.Stages);
    }

    [Fact]
    public void What_others_left_in_the_folder_never_gets_into_the_catalogue()
    {
        using var archive = Archive();
        var expected = Undisturbed(archive);
        foreach (var stage in new[] { "match", "search" })
        {
            Stop(archive, stage);
            var partial = archive.Layout.Catalogue("000001") + ".partial";
            foreach (var name in new[] { "search-000001.run", "search.sqlite.partial", "lookups.sqlite.partial", "catalogue.sqlite.partial", "parsed.json.partial", "pairs-lookup_isrc.bin", "stray", ".hidden" })
                File.WriteAllText(Path.Combine(partial, name), "half");
            Directory.CreateDirectory(Path.Combine(partial, "staging.tmp", "deep"));
        }

        Assert.Equal(expected, State(archive, archive.Build().Findings));
        Assert.Equal(["catalogue.sqlite", "lookups.sqlite", "search.sqlite"], Directory.GetFileSystemEntries(archive.Layout.NewestCatalogue()!).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
        // What is made again in a catalogue that stands, and was killed there.
        var folder = archive.Layout.NewestCatalogue()!;
        foreach (var made in new[] { new[] { "search.sqlite" }, ["lookups.sqlite"], ["lookups.sqlite", "search.sqlite"] })
        {
            foreach (var name in made)
                File.Move(Path.Combine(folder, name), Path.Combine(folder, name + ".partial"));
            File.WriteAllText(Path.Combine(folder, "search-000001.run"), "half");
            File.WriteAllText(Path.Combine(folder, "pairs-lookup_isrc.bin"), "half");
            Assert.Equal(expected, State(archive, archive.Build().Findings));
            Assert.Equal(3, Directory.GetFileSystemEntries(folder).Length);
        }
    }

    private static LineArchive Archive()
    {
        var archive = new LineArchive();
        archive.Add("first", "release/1", Enumerable.Range(0, 300).Select(i => i % 97 == 5 ? "no record" : Release(i, 0)));
        archive.Add("second", "musicbrainz/1", Enumerable.Range(0, 300).Select(i => Release(i * 3, 1)).Append("""{"entity":"artist","record":{"id":"11111111-2222-4333-8444-555555555555","name":"Artist 1","aliases":[{"name":"One"}]}}"""));
        archive.Add("first", "release/1", Release(7, 2), Release(9, 2));
        return archive;
    }

    private static string Release(int i, int version) =>
        $$$"""{"entity":"release","record":{"id":"r{{{i}}}","title":"Release {{{i}}}","barcode":"40063813{{{i:D5}}}","artist-credit":[{"name":"Artist {{{i % 40}}}"}],"date":"20{{{i % 20 + 10}}}","media":[{"format":"CD","tracks":[{"title":"Piece {{{i}}} {{{version}}}","length":{{{180_000 + i}}},"listens":{{{i % 13}}},"recording":{"isrcs":["SEA0121{{{i:D5}}}"]}},{"title":"Song {{{i % 50}}}","length":200000,"artist-credit":[{"name":"Guest","joinphrase":" & "},{"name":"Artist {{{i % 7}}}"}]}]}]}}""";

    // What an undisturbed build gives; it is taken away again.
    private static List<string> Undisturbed(LineArchive archive)
    {
        var state = State(archive, archive.Build().Findings);
        Directory.Delete(archive.Layout.NewestCatalogue()!, recursive: true);
        return state;
    }

    private static List<string> State(LineArchive archive, IEnumerable<Formats.Findings.Finding> findings)
    {
        var folder = archive.Layout.NewestCatalogue()!;
        return [.. Directory.GetFileSystemEntries(folder).Order(StringComparer.Ordinal).Select(f => $"{Path.GetFileName(f)} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(f)))}"), .. findings.Select(f => f.ToString()).Order(StringComparer.Ordinal)];
    }

    private static void Stop(LineArchive archive, string stage)
    {
        using var stop = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() => archive.Build(new LineArchive.Heard(p =>
        {
            if (p.What == stage)
                stop.Cancel();
        }), stop: stop.Token));
    }
}
