using System.CommandLine;
using System.Globalization;
using Lacquer.Cli.Rendering;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Rights;
using Lacquer.Stages.Workbench;

namespace Lacquer.Cli.Commands;

/// <summary>Shows everything known of one thing.</summary>
internal sealed class ShowCommand : Verb
{
    private const int MostRecordings = 20;
    private readonly Argument<string> _id = new("ID") { Description = "rec-…, rel-…, art-…, an ISRC, or a recording's rank as #7 (in quotes, as # means something to a shell)." };

    public ShowCommand()
        : base("show", "Shows everything known of a recording, a release or an artist: for a recording also its licence with the evidence, its object, volume and file, or why it is not published.",
            "lacquer show '#1'", "lacquer show rel-aaaaaaaaaaaaaaaa", "lacquer show USRC17607839 --json")
        => Arguments.Add(_id);

    public override Task<int> RunAsync(ParseResult line, Terminal terminal, CancellationToken stop)
    {
        using var archive = OpenArchive.ToRead(Archive(line, terminal), terminal.Clock);
        using var catalogue = Lookup.Catalogue(archive);
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
        }

        return Task.FromResult(ExitCode.Done);
    }

    private void Show(ParseResult line, Terminal terminal, RecordingView view) => Print(line, terminal, view, () =>
    {
        var r = view.Recording;
        var table = new Table();
        table.Add("recording", r.Id.ToString());
        table.Add("title", r.Title);
        foreach (var artist in view.Artists)
            table.Add("artist", $"{artist.Name}  {artist.Id}");
        table.Add("duration", Figures.Duration(r.DurationMs));
        table.Add("rank", $"#{Text(r.Rank)} of {Figures.Count(view.Recordings)}, {Figures.Of(r.Listens, "listen", "listens")}, popularity {Text(r.Popularity)}");
        foreach (var isrc in view.Isrcs)
            table.Add("isrc", isrc.ToString());
        foreach (var appearance in view.Appearances)
            table.Add("on", $"{appearance.Release.Title}{(Figures.Date(appearance.Release.Date) is { } date ? $" ({date})" : "")}, medium {Text(appearance.Medium)}, track {Text(appearance.Position)}  {appearance.Release.Id}");
        foreach (var file in view.Sources)
            table.Add("source", FormattableString.Invariant($"{file.Source}/{file.Accession:D6} at {file.Offset}: {file.Key}, {file.Codec}{(file.BitrateKbps is { } rate ? FormattableString.Invariant($" {rate:0} kbit/s") : "")}, {Figures.Bytes(file.LengthBytes)}"));
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
            table.Add("volume", $"{volume.Name}, file {Text(volume.Index)}: {volume.File}");
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
        Print(line, terminal, new { Release = release, Artists = artists, Tracks = tracks }, () =>
        {
            var table = new Table();
            table.Add("release", release.Id.ToString());
            table.Add("title", release.Title);
            foreach (var artist in artists)
                table.Add("artist", $"{artist.Name}  {artist.Id}");
            if (Figures.Date(release.Date) is { } date)
                table.Add("date", date);
            if (release.Gtin is { } gtin)
                table.Add("barcode", gtin.ToString("D13", CultureInfo.InvariantCulture));
            table.Add("rank", $"#{Text(release.Rank)}, {Figures.Of(release.Listens, "listen", "listens")}");
            table.Print(terminal);
            terminal.Print();
            var several = tracks.Any(t => t.Medium != tracks[0].Medium);
            var list = new Table().Right(0, 3).Elastic(1, 2);
            foreach (var track in tracks)
                list.Add(several ? $"{Text(track.Medium)}.{Text(track.Position)}" : Text(track.Position), track.Recording.Title, track.Recording.ArtistCredit == release.ArtistCredit ? "" : track.Recording.ArtistCredit,
                    Figures.Duration(track.Recording.DurationMs), track.Recording.Id.ToString());
            list.Print(terminal);
        });
    }

    private void Show(ParseResult line, Terminal terminal, CatalogueReader catalogue, ArtistRow artist)
    {
        var releases = catalogue.ReleasesOfArtist(artist.Rank, 0, MostRecordings);
        var recordings = catalogue.RecordingsOfArtist(artist.Rank, 0, MostRecordings);
        Print(line, terminal, new { Artist = artist, Releases = releases, Recordings = recordings }, () =>
        {
            var table = new Table();
            table.Add("artist", artist.Id.ToString());
            table.Add("name", artist.Name);
            table.Add("rank", $"#{Text(artist.Rank)}, {Figures.Of(artist.Listens, "listen", "listens")}");
            table.Print(terminal);
            if (releases.Count > 0)
            {
                terminal.Print();
                terminal.Print("releases:");
                var list = new Table().Elastic(0);
                foreach (var release in releases)
                    list.Add(release.Title, Figures.Date(release.Date) ?? "", release.Id.ToString());
                list.Print(terminal, "  ");
            }

            if (recordings.Count > 0)
            {
                terminal.Print();
                terminal.Print("recordings, best known first:");
                Recordings(terminal, recordings, "  ");
            }
        });
    }

    private static void Recordings(Terminal terminal, IReadOnlyList<RecordingRow> recordings, string indent)
    {
        var list = new Table().Right(0, 2).Elastic(1);
        foreach (var recording in recordings)
            list.Add("#" + Text(recording.Rank), recording.Title, Figures.Duration(recording.DurationMs), recording.Id.ToString());
        list.Print(terminal, indent);
    }

    private static string Kind(Evidence evidence) => evidence.Kind switch
    {
        EvidenceKind.Statement => "a statement",
        EvidenceKind.Dep5 => "a Debian copyright file",
        _ => "a tag",
    };

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
