using System.CommandLine;
using System.Globalization;
using System.Text.RegularExpressions;
using Lacquer.Cli.Rendering;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Ledgers;
using Lacquer.Stages.Workbench;

namespace Lacquer.Cli.Commands;

/// <summary>Searches the catalogue.</summary>
internal sealed partial class SearchCommand : Verb
{
    private readonly Argument<string[]> _words = new("WORDS") { Description = "Words of title, artist and release; the last may be unfinished. Or an ISRC, a barcode or an id.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string> _kind = new("--kind") { Description = "recordings (what one gets without it), releases or artists.", HelpName = "KIND", DefaultValueFactory = _ => "recordings" };
    private readonly Option<int> _limit = Whole("--limit", "How many to list; 20 without it.", 20, 1, 10_000);
    private readonly Option<long> _after = new("--after")
    {
        Description = "Only what is less well known than this rank: the next page.",
        HelpName = "RANK",
        CustomParser = result =>
        {
            if (long.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var rank))
                return rank;
            result.AddError($"--after takes a rank, such as 120, not '{result.Tokens[0].Value}'");
            return 0;
        },
    };

    private readonly Option<(int?, int?)> _year = new("--year")
    {
        Description = "Only what came out in these years: 1994, 1990-1999, 1990- or -1999.",
        HelpName = "YEARS",
        CustomParser = result =>
        {
            if (Years().Match(result.Tokens[0].Value) is { Success: true } match && match.Value.Length > 1)
                return (Year(match.Groups["from"]), match.Groups["dash"].Success ? Year(match.Groups["to"]) : Year(match.Groups["from"]));
            result.AddError($"'{result.Tokens[0].Value}' is not a year or years, such as 1994, 1990-1999, 1990- or -1999");
            return default;
        },
    };

    private readonly Option<int> _popularity = Whole("--popularity", "Only recordings of at least this popularity, 0 to 100.", 0, 0, 100);
    private readonly Option<bool> _held = new("--held") { Description = "Only recordings that the archive holds." };
    private readonly Option<bool> _notHeld = new("--not-held") { Description = "Only recordings that it does not hold." };
    private readonly Option<string?> _licence = new("--licence") { Description = "Only recordings under this licence, such as CC-BY-4.0.", HelpName = "LICENCE" };

    public SearchCommand()
        : base("search", "Finds recordings, releases or artists in the newest catalogue, best known first.", "lacquer search wanderer", "lacquer search --kind artists mattias --limit 5", "lacquer search --held --year 2010- battle")
    {
        _kind.Validators.Add(result =>
        {
            if (result.Tokens is [var token, ..] && token.Value is not ("recordings" or "releases" or "artists"))
                result.AddError($"--kind is recordings, releases or artists, not '{token.Value}'");
        });
        Arguments.Add(_words);
        Take(_kind, _limit, _after, _year, _popularity, _held, _notHeld, _licence);
    }

    public override Task<int> RunAsync(ParseResult line, Terminal terminal, CancellationToken stop)
    {
        var kind = line.GetRequiredValue(_kind);
        var (fromYear, toYear) = line.GetValue(_year);
        var (held, notHeld, licence) = (line.GetValue(_held), line.GetValue(_notHeld), line.GetValue(_licence));
        if (held && notHeld)
            throw new LacquerException(Failure.Usage, "--held and --not-held leave nothing to find", "give one of them");
        if (kind == "artists" && (fromYear ?? toYear) is not null)
            throw new LacquerException(Failure.Usage, "--year says nothing of artists", "lacquer search --kind releases");
        if (kind != "recordings" && (held || notHeld || licence is not null || line.GetValue(_popularity) > 0))
            throw new LacquerException(Failure.Usage, "--popularity, --held, --not-held and --licence choose among recordings", "leave out --kind");

        using var archive = OpenArchive.ToRead(Archive(line, terminal), terminal.Clock);
        using var catalogue = Lookup.Catalogue(archive);
        var request = new SearchRequest(string.Join(' ', line.GetRequiredValue(_words)), line.GetValue(_after), line.GetValue(_limit))
        {
            FromYear = fromYear,
            ToYear = toYear,
            LeastPopularity = line.GetValue(_popularity),
            Keep = StandingFilter.Of(archive.Ledger, held ? true : notHeld ? false : null, licence),
        };
        switch (kind)
        {
            case "releases":
                List(catalogue.Search.Releases, new Table().Right(0).Elastic(1, 2),
                    (table, r) => table.Add(Rank(r.Rank), r.Title, r.ArtistCredit, Figures.Date(r.Date) ?? "", r.Id.ToString()));
                break;
            case "artists":
                List(catalogue.Search.Artists, new Table().Right(0, 2).Elastic(1),
                    (table, a) => table.Add(Rank(a.Rank), a.Name, Figures.Of(a.Listens, "listen", "listens"), a.Id.ToString()));
                break;
            default:
                List(catalogue.Search.Recordings, new Table().Right(0, 4).Elastic(1, 2, 3),
                    (table, f) => table.Add(Rank(f.Recording.Rank), f.Recording.Title, f.Recording.ArtistCredit, f.Release?.Title ?? "", Figures.Duration(f.Recording.DurationMs), f.Recording.Id.ToString()));
                break;
        }

        return Task.FromResult(ExitCode.Done);

        void List<T>(Func<SearchRequest, SearchPage<T>> search, Table table, Action<Table, T> add)
        {
            var page = All(request, search, stop);
            Print(line, terminal, page, () =>
            {
                foreach (var item in page.Items)
                    add(table, item);
                table.Print(terminal);
                if (page.Items.Count == 0)
                    terminal.Say($"nothing found for '{request.Query}'");
                else if (page.Form is SearchForm.Corrected or SearchForm.Transliterated)
                    terminal.Say(page.Form == SearchForm.Corrected ? "nothing is spelt like that; this is one letter away" : "nothing is written like that; this is so in Latin letters");
                if (page.Next is { } next)
                    terminal.Say($"{(page.Count is { } count ? $"{(page.IsExact ? "" : "about ")}{Figures.Count(count)} in all; " : "")}--after {next.ToString(CultureInfo.InvariantCulture)} goes on");
            });
        }
    }

    /// <summary>A page that a filter left short is filled up: here nobody else waits.</summary>
    private static SearchPage<T> All<T>(SearchRequest request, Func<SearchRequest, SearchPage<T>> search, CancellationToken stop)
    {
        var page = search(request);
        var items = page.Items.ToList();
        var next = page.Next;
        while (next is { } after && items.Count < request.Limit)
        {
            stop.ThrowIfCancellationRequested();
            var more = search(request with { After = after, Limit = request.Limit - items.Count });
            items.AddRange(more.Items);
            next = more.Next;
        }

        return next is null && request.After == 0 ? page with { Items = items, Next = null, Count = items.Count, IsExact = true } : page with { Items = items, Next = next };
    }

    private static int? Year(Group digits) => digits.Success ? int.Parse(digits.Value, CultureInfo.InvariantCulture) : null;

    private static string Rank(long rank) => "#" + rank.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex("^(?<from>[0-9]{4})?(?<dash>-)?(?<to>(?<=-)[0-9]{4})?$", RegexOptions.CultureInvariant)]
    private static partial Regex Years();
}
