using System.CommandLine;
using System.Globalization;
using Lacquer.Cli.Rendering;
using Lacquer.Stages.Workbench;

namespace Lacquer.Cli.Commands;

/// <summary>Searches the catalogue.</summary>
internal sealed class SearchCommand : Verb
{
    private readonly Argument<string[]> _words = new("WORDS") { Description = "Words of title, artist and release; the last may be unfinished. Or an ISRC.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string> _kind = new("--kind") { Description = "recordings (what one gets without it), releases or artists.", HelpName = "KIND", DefaultValueFactory = _ => "recordings" };
    private readonly Option<int> _limit = Whole("--limit", "How many to list; 20 without it.", 20, 1, 10_000);

    public SearchCommand()
        : base("search", "Finds recordings, releases or artists in the newest catalogue, best known first.", "lacquer search wanderer", "lacquer search --kind artists mattias --limit 5")
    {
        _kind.Validators.Add(result =>
        {
            if (result.Tokens is [var token, ..] && token.Value is not ("recordings" or "releases" or "artists"))
                result.AddError($"--kind is recordings, releases or artists, not '{token.Value}'");
        });
        Arguments.Add(_words);
        Take(_kind, _limit);
    }

    public override Task<int> RunAsync(ParseResult line, Terminal terminal, CancellationToken stop)
    {
        using var archive = OpenArchive.ToRead(Archive(line, terminal), terminal.Clock);
        using var catalogue = Lookup.Catalogue(archive);
        var query = string.Join(' ', line.GetRequiredValue(_words));
        var limit = line.GetValue(_limit);
        switch (line.GetValue(_kind))
        {
            case "releases":
                var releases = catalogue.SearchReleases(query, 0, limit);
                List(releases, releases.Count, new Table().Right(0).Elastic(1, 2),
                    table => { foreach (var r in releases) table.Add(Rank(r.Rank), r.Title, r.ArtistCredit, Figures.Date(r.Date) ?? "", r.Id.ToString()); });
                break;
            case "artists":
                var artists = catalogue.SearchArtists(query, 0, limit);
                List(artists, artists.Count, new Table().Right(0, 2).Elastic(1),
                    table => { foreach (var a in artists) table.Add(Rank(a.Rank), a.Name, Figures.Of(a.Listens, "listen", "listens"), a.Id.ToString()); });
                break;
            default:
                var recordings = catalogue.SearchRecordings(query, 0, limit).Take(limit).ToList();
                List(recordings, recordings.Count, new Table().Right(0, 3).Elastic(1, 2),
                    table => { foreach (var r in recordings) table.Add(Rank(r.Rank), r.Title, r.ArtistCredit, Figures.Duration(r.DurationMs), r.Id.ToString()); });
                break;
        }

        return Task.FromResult(ExitCode.Done);

        void List(object found, int count, Table table, Action<Table> fill) => Print(line, terminal, found, () =>
        {
            fill(table);
            table.Print(terminal);
            if (count == 0)
                terminal.Say($"nothing found for '{query}'");
        });
    }

    private static string Rank(long rank) => "#" + rank.ToString(CultureInfo.InvariantCulture);
}
