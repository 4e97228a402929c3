using System.Globalization;
using Lacquer.Cli;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Deltas;

/// <summary>A source that gives everything each time it is harvested makes editions no larger than what changed in it.</summary>
public sealed class ReharvestTests
{
    private const int Releases = 4000;
    private const int ChangesOneIn = 100;

    [Theory]
    [InlineData("musicbrainz/1")]
    [InlineData("release/1")]
    public async Task A_source_harvested_whole_again_costs_what_changed_in_it(string adapter)
    {
        using var archive = new LineArchive();
        var random = new Random(6);
        var words = Enumerable.Range(0, 3000).Select(_ => Word(random)).ToArray();
        var lines = Enumerable.Range(0, Releases).Select(number => Line(number, words, random)).ToArray();
        archive.Add("feed", adapter, lines);
        await Run("catalogue");
        await Run("publish");
        var places = archive.Number("SELECT count(*) FROM release WHERE accession = 1");
        for (var number = 0; number < Releases; number += ChangesOneIn)
            lines[number] = Line(number, words, random);
        archive.Add("feed", adapter, lines);
        await Run("catalogue");
        await Run("publish");

        // What says the same keeps its place.
        Assert.Equal(places - Releases / ChangesOneIn, archive.Number("SELECT count(*) FROM release WHERE accession = 1"));
        Assert.Equal(Releases - Releases / ChangesOneIn, archive.Number("SELECT superseded FROM accession WHERE id = 2"));
        var edition = archive.Layout.Edition("000002");
        var (delta, whole) = (Length("deltas/catalogue-from-000001.delta"), Length("catalogue.sqlite.zst"));
        TestContext.Current.TestOutputHelper?.WriteLine($"{delta} of {whole}");
        Assert.InRange(delta, 1, whole * 3 / 100);
        Assert.Contains(" 0 lost,", await Run("catalogue", "--check", "--all"), StringComparison.Ordinal);

        long Length(string path) => new FileInfo(Path.Combine(edition, path)).Length;

        async Task<string> Run(params string[] verb)
        {
            using var said = new StringWriter(CultureInfo.InvariantCulture);
            Assert.True(await App.RunAsync([.. verb, "--archive", archive.Folder], new Terminal(said, said), TestContext.Current.CancellationToken) == 0, said.ToString());
            return said.ToString();
        }
    }

    [Fact]
    public async Task A_folder_that_lies_elsewhere_by_now_is_read_there()
    {
        using var scratch = new Scratch();
        var archive = new Pipeline(scratch["archive"]).Init();
        await archive.Harvest(Music.CopyTo(scratch["music"]), source: "music");
        archive.Catalogue();
        Directory.Move(scratch["music"], scratch["moved"]);
        File.Delete(Directory.EnumerateFiles(scratch["moved"], "*.ogg", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Last());
        Assert.True((await archive.Harvest(scratch["moved"], source: "music")).IsNew);
        archive.Catalogue();
        // The gate denies the other one that is left.
        Assert.Equal(5, (await archive.Ingest()).Ingested);
    }

    private static string Line(int number, string[] words, Random random)
    {
        string Words(int count) => string.Join(' ', Enumerable.Range(0, count).Select(_ => words[random.Next(words.Length)]));
        var tracks = Enumerable.Range(1, 3).Select(position => FormattableString.Invariant(
            $$$"""{"position":{{{position}}},"title":"{{{Words(3)}}}","length":{{{random.Next(60_000, 400_000)}}},"recording":{"id":"{{{Id('b', number * 3 + position)}}}","isrcs":["USAAA26{{{number * 3 + position:d5}}}"]}}"""));
        var artist = number / 10;
        return $$$"""{"entity":"release","record":{"id":"{{{Id('c', number)}}}","title":"{{{Words(2)}}}","artist-credit":[{"name":"{{{words[artist]}}}","artist":{"id":"{{{Id('a', artist)}}}","name":"{{{words[artist]}}}"}}],"media":[{"position":1,"tracks":[{{{string.Join(',', tracks)}}}]}]}}""";
    }

    private static string Word(Random random) => string.Concat(Enumerable.Range(0, random.Next(4, 10)).Select(_ => (char)('a' + random.Next(26))));

    private static string Id(char kind, int number) => FormattableString.Invariant($"{new string(kind, 8)}-0000-4000-8000-{number:d12}");
}
