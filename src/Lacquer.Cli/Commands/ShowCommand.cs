using System.CommandLine;
using System.Globalization;
using Lacquer.Cli.Rendering;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Rights;
using Lacquer.Stages.Workbench;

namespace Lacquer.Cli.Commands;

/// <summary>Shows everything known of one thing.</summary>
internal sealed class ShowCommand : Verb
{
    private const int MostRecordings = 20;
    private readonly Argument<string> _id = new("ID") { Description = "rec-…, rel-…, art-…, an MBID, an ISRC, a barcode, or a recording's rank as #7 (in quotes, as # means something to a shell)." };

    public ShowCommand()
        : base("show", "Shows everything known of a recording, a release or an artist: for a recording also its licence with the evidence, its object, volume and file, or why it is not published.",
            "lacquer show '#1'", "lacquer show rel-aaaaaaaaaaaaaaaa", "lacquer show USRC17607839 --json")
        => Arguments.Add(_id);

    public override Task<int> RunAsync(ParseResult line, Terminal terminal, CancellationToken stop)
    {
        using var archive = OpenArchive.ToRead(Archive(line, terminal), terminal.Clock);
        using var catalogue = Lookup.Catalogue(archive);
        if (EntityId.TryParse(line.GetRequiredValue(_id), out var id) && archive.Ledger.WithdrawalOf(id) is { } by && (catalogue.Recording(id) ?? catalogue.Release(id) ?? (object?)catalogue.Artist(id)) is null)
            throw new LacquerException(Failure.Missing, FormattableString.Invariant($"{id} was withdrawn on {by.Date:yyyy-MM-dd}: {by.Reason}"), FormattableString.Invariant($"{archive.Layout.Withdrawal(by.Number)} is its tombstone"));
        switch (Lookup.Find(catalogue, line.GetRequiredValue(_id)))
        {
            case RecordingRow recording:
                Show(line, terminal, RecordingView.Of(archive, catalogue, recording));
                break;
            case ReleaseRow release:
                Show(line, terminal, catalogue, release);
                break;
            case ArtistRow artist:
                Show(line, terminal, catalogue, artist);
                break;
            case IReadOnlyList<RecordingRow> several:
                Print(line, terminal, several, () => Recordings(terminal, several, ""));
                break;
            case IReadOnlyList<ReleaseRow> several:
                Print(line, terminal, several, () => Releases(terminal, several, ""));
                break;
        }

        return Task.FromResult(ExitCode.Done);
    }

    private void Show(ParseResult line, Terminal terminal, RecordingView view) => Print(line, terminal, view, () =>
    {
        var r = view.Recording;
        var table = new Table();
        table.Add("recording", r.Id.ToString());
        table.Add("title", r.Title);
        foreach (var alias in view.Aliases)
            table.Add("also called", alias);
        Credit(table, r.ArtistCredit, view.Credit, view.Artists);
        table.Add("duration", Figures.Duration(r.DurationMs));
        table.Add("rank", $"#{Text(r.Rank)} of {Figures.Count(view.Recordings)}, {Figures.Of(r.Listens, "listen", "listens")}, popularity {Text(r.Popularity)}");
        foreach (var isrc in view.Isrcs)
            table.Add("isrc", isrc.ToString());
        Identifiers(table, r.Mbid, view.Keys);
        if (view.Genres.Count > 0)
            table.Add("genres", string.Join(", ", view.Genres));
        if (r.IsExplicit is { } isExplicit)
            table.Add("words", isExplicit ? "explicit" : "not explicit");
        if (view.Features is { } features)
            table.Add("sound", Sound(features));
        if (r.Licence is { } told)
            table.Add("licence told", $"{told}, by a source");
        foreach (var appearance in view.Appearances)
            table.Add("on", $"{appearance.Release.Title}{(Figures.Date(appearance.Release.Date) is { } date ? $" ({date})" : "")}, medium {Text(appearance.Medium)}, track {Text(appearance.Position)}  {appearance.Release.Id}");
        Records(table, view.Records);
        foreach (var file in view.Sources)
            table.Add("source", FormattableString.Invariant($"{file.Source}/{file.Accession:D6} at {file.Offset}: {file.Key}{(file.Codec.Length > 0 ? $", {file.Codec}" : "")}{(file.BitrateKbps is { } rate ? FormattableString.Invariant($" {rate:0} kbit/s") : "")}{(file.LengthBytes is { } length ? $", {Figures.Bytes(length)}" : "")}{(file.Sha256 is null ? ", to be fetched" : "")}"));
        if (view.Rights is { } rights)
        {
            table.Add("licence", rights.Licence ?? "none recognised");
            table.Add("gate", $"{(rights.Publish ? "keep and publish" : rights.Keep ? "keep, do not publish" : "do not keep")}: {rights.Reason}{(view.IsDecided ? "" : " (not ingested yet: this is what the gate would say)")}");
            table.Add("policy", rights.Policy);
            if (rights.Evidence is { } evidence)
                table.Add("evidence", $"{Kind(evidence)}, {evidence.Place}{(evidence.By.Length > 0 ? $", by {evidence.By} {evidence.Date}" : "")}, SHA-256 {evidence.Sha256}");
        }

        if (view.Object is { } obj)
        {
            table.Add("object", $"{obj.File}, {obj.Tier}, {Figures.Bytes(obj.LengthBytes)}{(obj.LoudnessLufs is { } lufs ? $", {lufs.ToString("0.0", CultureInfo.InvariantCulture)} LUFS" : "")}");
            table.Add("sha-256", obj.Sha256.ToString());
            table.Add("original", obj.IsRestorable ? "can be restored bit for bit" : obj.Original is null ? "known only where it was ingested" : "encoded anew; not in the archive");
        }

        if (view.Volume is { } volume)
        {
            table.Add("volume", $"{volume.Name}, file {Text(volume.Index)}: {volume.File}");
            table.Add("in v1", $"file {Text(volume.IndexV1)}, from byte {volume.OffsetBytes.ToString(CultureInfo.InvariantCulture)}");
            table.Add("magnet", volume.Magnet);
            foreach (var address in volume.Addresses)
                table.Add("web seed", address);
        }

        table.Add("published", view.Edition is { } edition ? $"in edition {edition}" : $"no: {view.NotPublished}");
        table.Print(terminal);
        if (view.Rights?.Evidence is { Text.Length: > 0 } text)
        {
            terminal.Print();
            terminal.Print("evidence, verbatim:");
            foreach (var row in text.Text.Split('\n'))
                terminal.Print("  " + row);
        }
    });

    private void Show(ParseResult line, Terminal terminal, CatalogueReader catalogue, ReleaseRow release)
    {
        var tracks = catalogue.Tracks(release.Rank);
        var artists = catalogue.ArtistsOfRelease(release.Rank);
        var view = new
        {
            Release = release,
            Credit = catalogue.CreditOf(EntityKind.Release, release.Rank),
            Artists = artists,
            Labels = catalogue.Labels(release.Rank),
            Markets = catalogue.Markets(release.Rank),
            Genres = catalogue.Genres(EntityKind.Release, release.Rank),
            Aliases = catalogue.Aliases(EntityKind.Release, release.Rank),
            Media = catalogue.Media(release.Rank),
            Images = catalogue.Images(release.Rank),
            Keys = catalogue.Keys(EntityKind.Release, release.Rank),
            Records = SpokenOf.Of(catalogue, release),
            Sources = catalogue.SourcesOfRelease(release.Rank),
            Tracks = tracks,
        };
        Print(line, terminal, view, () =>
        {
            var table = new Table();
            table.Add("release", release.Id.ToString());
            table.Add("title", release.Title);
            foreach (var alias in view.Aliases)
                table.Add("also called", alias);
            Credit(table, release.ArtistCredit, view.Credit, artists);
            if (release.Type is { } type)
                table.Add("type", type);
            if (Figures.Date(release.Date) is { } date)
                table.Add("date", date);
            if (release.Gtin is { } gtin)
                table.Add("barcode", gtin.ToString("D13", CultureInfo.InvariantCulture));
            Identifiers(table, release.Mbid, view.Keys);
            foreach (var label in view.Labels)
                table.Add("label", label switch { { Name: null } => label.CatalogueNumber ?? "", { CatalogueNumber: null } => label.Name, _ => $"{label.Name}, {label.CatalogueNumber}" });
            if (view.Markets.Count > 0)
                table.Add("markets", $"{Figures.Count(view.Markets.Count)}: {string.Join(' ', view.Markets)}");
            if (view.Genres.Count > 0)
                table.Add("genres", string.Join(", ", view.Genres));
            foreach (var medium in view.Media)
                table.Add("medium", $"{Text(medium.Position)}: {string.Join(", ", new[] { medium.Format, medium.Title }.OfType<string>())}");
            if (view.Images.Count > 0)
                table.Add("images", string.Join(", ", view.Images.Select(i => i.Type)));
            if (release.Licence is { } told)
                table.Add("licence told", $"{told}, by a source");
            Records(table, view.Records);
            table.Add("rank", $"#{Text(release.Rank)}, {Figures.Of(release.Listens, "listen", "listens")}");
            table.Print(terminal);
            terminal.Print();
            var several = tracks.Any(t => t.Medium != tracks[0].Medium);
            var list = new Table().Right(0, 3).Elastic(1, 2);
            foreach (var track in tracks)
                list.Add(several ? $"{Text(track.Medium)}.{Text(track.Position)}" : Text(track.Position), track.Title ?? track.Recording.Title,
                    (track.ArtistCredit ?? track.Recording.ArtistCredit) is var credit && credit == release.ArtistCredit ? "" : credit,
                    Figures.Duration(track.DurationMs ?? track.Recording.DurationMs), track.Recording.Id.ToString());
            list.Print(terminal);
        });
    }

    private void Show(ParseResult line, Terminal terminal, CatalogueReader catalogue, ArtistRow artist)
    {
        var releases = catalogue.ReleasesOfArtist(artist.Rank, 0, MostRecordings);
        var recordings = catalogue.RecordingsOfArtist(artist.Rank, 0, MostRecordings);
        var (aliases, genres, keys) = (catalogue.Aliases(EntityKind.Artist, artist.Rank), catalogue.Genres(EntityKind.Artist, artist.Rank), catalogue.Keys(EntityKind.Artist, artist.Rank));
        Print(line, terminal, new { Artist = artist, Aliases = aliases, Genres = genres, Keys = keys, Releases = releases, Recordings = recordings }, () =>
        {
            var table = new Table();
            table.Add("artist", artist.Id.ToString());
            table.Add("name", artist.Name);
            if (artist.SortName is { } sorted && sorted != artist.Name)
                table.Add("sorted as", sorted);
            foreach (var alias in aliases)
                table.Add("also called", alias);
            Identifiers(table, artist.Mbid, keys);
            if (genres.Count > 0)
                table.Add("genres", string.Join(", ", genres));
            table.Add("rank", $"#{Text(artist.Rank)}, {Figures.Of(artist.Listens, "listen", "listens")}");
            table.Print(terminal);
            if (releases.Count > 0)
            {
                terminal.Print();
                terminal.Print("releases:");
                Releases(terminal, releases, "  ");
            }

            if (recordings.Count > 0)
            {
                terminal.Print();
                terminal.Print("recordings, best known first:");
                Recordings(terminal, recordings, "  ");
            }
        });
    }

    private static void Records(Table table, SpokenOf records)
    {
        if (records.Records > 0)
            table.Add("records", $"{Figures.Of(records.Records, "record speaks", "records speak")} of it{(records.Sources.Count > 0 ? $", of {string.Join(", ", records.Sources)}" : "")}");
    }

    private static void Recordings(Terminal terminal, IReadOnlyList<RecordingRow> recordings, string indent)
    {
        var list = new Table().Right(0, 2).Elastic(1);
        foreach (var recording in recordings)
            list.Add("#" + Text(recording.Rank), recording.Title, Figures.Duration(recording.DurationMs), recording.Id.ToString());
        list.Print(terminal, indent);
    }

    private static void Releases(Terminal terminal, IReadOnlyList<ReleaseRow> releases, string indent)
    {
        var list = new Table().Elastic(0);
        foreach (var release in releases)
            list.Add(release.Title, Figures.Date(release.Date) ?? "", release.Id.ToString());
        list.Print(terminal, indent);
    }

    // The credit in full only where it says more than the artists' names.
    private static void Credit(Table table, string printed, IReadOnlyList<CreditName> credit, IReadOnlyList<ArtistRow> artists)
    {
        if (credit.Count > 1)
            table.Add("credit", printed);
        foreach (var (artist, name) in artists.Zip(credit))
            table.Add("artist", $"{artist.Name}{(name.Role is { } role ? $" ({role})" : "")}  {artist.Id}");
    }

    private static void Identifiers(Table table, Guid? mbid, IReadOnlyList<SourceKey> keys)
    {
        if (mbid is { } its)
            table.Add("mbid", its.ToString());
        foreach (var key in keys)
            table.Add("key", $"{key.Key}, of {key.Source}");
    }

    private static string Sound(FeatureRow features)
    {
        string[] pitches = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];
        var said = new List<string>();
        if (features.Tempo is { } tempo)
            said.Add($"{tempo.ToString("0.#", CultureInfo.InvariantCulture)} beats a minute");
        if (features.Key is >= 0 and < 12 and var key)
            said.Add(pitches[key] + (features.Mode switch { 1 => " major", 0 => " minor", _ => "" }));
        if (features.TimeSignature is { } beats)
            said.Add($"{Figures.Of(beats, "beat", "beats")} a bar");
        if (features.Loudness is { } loudness)
            said.Add($"{loudness.ToString("0.0", CultureInfo.InvariantCulture)} dB");
        foreach (var (name, share) in new[]
        {
            ("danceability", features.Danceability), ("energy", features.Energy), ("speechiness", features.Speechiness), ("acousticness", features.Acousticness),
            ("instrumentalness", features.Instrumentalness), ("liveness", features.Liveness), ("valence", features.Valence),
        })
            if (share is { } number)
                said.Add($"{name} {number.ToString("0.00", CultureInfo.InvariantCulture)}");
        return string.Join(", ", said);
    }

    private static string Kind(Evidence evidence) => evidence.Kind switch
    {
        EvidenceKind.Statement => "a statement",
        EvidenceKind.Dep5 => "a Debian copyright file",
        EvidenceKind.Record => "the source's own record",
        EvidenceKind.Age => "the date of a release",
        _ => "a tag",
    };

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
