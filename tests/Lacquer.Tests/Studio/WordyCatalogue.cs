using System.Globalization;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Databases;
using Lacquer.Formats.Identity;


namespace Lacquer.Tests.Studio;

/// <summary>A recording in words, on one release or none.</summary>
internal sealed record WordyRecording(string Title, string Artist, string? Release = null, int? Year = null, string? Isrc = null, long? Gtin = null, string? ArtistName = null);

/// <summary>A catalogue and its search, written straight from rows: the first recording has rank 1. For tests of search alone.</summary>
internal sealed class WordyCatalogue : IDisposable
{
    private readonly Scratch _scratch = new();

    public WordyCatalogue(params IReadOnlyList<WordyRecording> recordings)
    {
        Recordings = recordings;
        var path = Path.Combine(Folder, CatalogueReader.CatalogueFileName);
        var artists = recordings.Select(r => r.ArtistName ?? r.Artist).Distinct().Select((name, i) => (name, i)).ToDictionary(p => p.name, p => p.i + 1L);
        var credits = recordings.Select(r => (r.Artist, Name: r.ArtistName ?? r.Artist)).Distinct().Select((credit, i) => (credit, i)).ToDictionary(p => p.credit, p => p.i + 1L);
        var releases = recordings.Where(r => r.Release is not null).GroupBy(r => (r.Release, r.Artist, Name: r.ArtistName ?? r.Artist)).Select((g, i) => (Rows: g.ToList(), Rank: i + 1L)).ToList();
        using (var writer = new DatabaseWriter(path, CatalogueSchema.PageBytes, CatalogueSchema.Tables))
        {
            var meta = writer.Into("meta");
            foreach (var (name, value) in new (string, string)[]
            {
                ("artists", Text(artists.Count)), ("format", CatalogueSchema.Format), ("listens", "0"), ("recordings", Text(recordings.Count)), ("releases", Text(releases.Count)), ("tracks", Text(recordings.Count)),
            })
                meta.With(name).With(value).Row();
            var artist = writer.Into("artist");
            foreach (var (name, rank) in artists)
                artist.With(rank).With(Id(EntityKind.Artist, rank)).With(name).With((long?)null).With(1).With(Mbid('a', rank)).With((long?)null).With((long?)null).With((long?)null).Row();
            var credit = writer.Into("credit");
            var credited = writer.Into("credit_name");
            var alias = writer.Into("artist_alias");
            foreach (var others in credits.Keys.Where(c => c.Artist != c.Name).GroupBy(c => artists[c.Name]))
                foreach (var (name, position) in others.Select((c, i) => (c.Artist, i + 1)))
                    alias.With(others.Key).With(position).With(name).Row();
            foreach (var (key, rank) in credits)
            {
                credit.With(rank).With((long?)null).Row();
                credited.With(rank).With(0).With(artists[key.Name]).With(key.Artist).With("").With((long?)null).Row();
            }

            var recording = writer.Into("recording");
            for (var i = 0; i < recordings.Count; i++)
            {
                var row = recordings[i];
                recording.With(i + 1).With(Id(EntityKind.Recording, i + 1)).With(row.Title).With(credits[(row.Artist, row.ArtistName ?? row.Artist)]).With((long?)180_000).With(recordings.Count - i).With(Popularity(i + 1))
                    .With(Isrc.TryParse(row.Isrc, out var code) ? code.Packed : null).With(Mbid('b', i + 1)).With((long?)null).Row();
            }

            var release = writer.Into("release");
            var track = writer.Into("track");
            var rankOf = recordings.Select((row, i) => (row, i)).ToDictionary(p => (object)p.row, p => p.i + 1, (IEqualityComparer<object>)ReferenceEqualityComparer.Instance);
            foreach (var (rows, rank) in releases)
            {
                release.With(rank).With(Id(EntityKind.Release, rank)).With(rows[0].Release!).With(credits[(rows[0].Artist, rows[0].ArtistName ?? rows[0].Artist)]).With(rows[0].Year is { } year ? year * 10000L : null).With(rows[0].Gtin).With(1)
                    .With(Mbid('c', rank)).With((long?)null).With((long?)null).With((long?)null).With((long?)null).With((long?)null).With((long?)null).With((long?)null).With((long?)null).With((long?)null).With((long?)null).Row();
                for (var i = 0; i < rows.Count; i++)
                    track.With(rank).With(1).With(i + 1).With(rankOf[rows[i]]).With((long?)null).With((long?)null).With((long?)null).Row();
            }

            var coverage = writer.Into("coverage");
            for (var popularity = 0; popularity <= 100; popularity++)
                if (Enumerable.Range(1, recordings.Count).Where(rank => Popularity(rank) == popularity).ToList() is { Count: > 0 } ranks)
                    coverage.With(popularity).With(ranks[^1]).With(ranks.Count).With(1).With(1).Row();
            writer.Finish();
        }

        SmallCatalogue.WriteLookups(Folder);
        SearchWriter.Write(Folder, Path.Combine(Folder, CatalogueReader.SearchFileName), _ => { }, CancellationToken.None);
        Reader = CatalogueReader.Open(Folder);
    }

    public string Folder => _scratch.Root;

    public IReadOnlyList<WordyRecording> Recordings { get; }

    public CatalogueReader Reader { get; }

    public CatalogueSearch Search => Reader.Search;

    /// <summary>The titles of the first page.</summary>
    public IReadOnlyList<string> Titles(string query) => Search.Recordings(new SearchRequest(query)).Items.Select(f => f.Recording.Title).ToList();

    public static byte[] Id(EntityKind kind, long rank) => EntityId.From(kind, "wordy", Text(rank)).ToArray();

    private static byte[] Mbid(char kind, long rank) => SmallCatalogue.Mbid(kind, (int)rank).ToByteArray(bigEndian: true);

    public int Popularity(int rank) => 100 - (rank - 1) * 100 / Recordings.Count;

    public void Dispose()
    {
        Reader.Dispose();
        _scratch.Dispose();
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
