using System.Text;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Exploring;

/// <summary>What to report.</summary>
/// <param name="Archive">The archive's folder.</param>
/// <param name="Output">The page to write; what is there is replaced.</param>
public sealed record ReportRequest(string Archive, string Output);

/// <summary>One chart, as figures.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Heading">What it shows.</param>
/// <param name="Sql">The query that made it.</param>
/// <param name="Columns">Names of the columns.</param>
/// <param name="Rows">The answer.</param>
public sealed record ReportChart(string Name, string Heading, string Sql, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<object?>> Rows);

/// <summary>What was reported.</summary>
/// <param name="Catalogue">The catalogue's name.</param>
/// <param name="Output">The page.</param>
/// <param name="LengthBytes">Its length.</param>
/// <param name="Charts">What stands on it. A chart that has nothing to show is left out.</param>
public sealed record ReportOutcome(string Catalogue, string Output, long LengthBytes, IReadOnlyList<ReportChart> Charts);

/// <summary>Asks the newest catalogue and the ledger what there is, and writes the answers as one HTML page that needs nothing else. The same archive gives the same bytes.</summary>
public static class Report
{
    private const int PageRows = 10_000;

    /// <summary>Writes the page.</summary>
    public static ReportOutcome Run(ReportRequest request, TimeProvider clock, IProgress<StageProgress> progress, CancellationToken stop)
    {
        using var archive = OpenArchive.ToRead(request.Archive, clock);
        var catalogue = archive.Layout.NewestCatalogue()
            ?? throw new LacquerException(Failure.Missing, $"{archive.Layout.Root} has no catalogue yet", "lacquer catalogue builds one");
        if (Directory.Exists(request.Output) || !Directory.Exists(Path.GetDirectoryName(request.Output)))
            throw new LacquerException(Failure.Usage, $"{request.Output} is {(Directory.Exists(request.Output) ? "a folder" : "in a folder that is not there")}", "name a file: --output FILE");
        if (archive.Configuration.Ledger is { } elsewhere)
            throw new LacquerException(Failure.Usage, $"a report asks ledger.sqlite, in SQL that anybody can ask again, and this archive's ledger lies in {elsewhere}", "lacquer status says what it holds");
        using var sql = SealedSql.Open(Path.Combine(catalogue, CatalogueReader.CatalogueFileName), archive.Layout.Ledger, opened =>
        {
            progress.Report(new StageProgress("report", 0, Question.All.Count));
            opened.Fill("held", "recording INTEGER PRIMARY KEY", Held(archive.Ledger, catalogue, stop));
            opened.Fill("isrc_use", "recordings INTEGER PRIMARY KEY, isrcs INTEGER NOT NULL", Use(opened.Pairs(LookupTables.Isrc, stop)));
            opened.Fill("gtin_use", "releases INTEGER PRIMARY KEY, gtins INTEGER NOT NULL", Use(opened.Pairs(LookupTables.Gtin, stop)));
        });
        var drawn = new List<(Question Question, string Html)>();
        var charts = new List<ReportChart>();
        foreach (var question in Question.All)
        {
            progress.Report(new StageProgress("report", drawn.Count, Question.All.Count));
            var (columns, rows) = Ask(sql, question, stop);
            if (question.Draw(rows) is not { } html)
                continue;
            drawn.Add((question, html));
            charts.Add(new ReportChart(question.Name, question.Heading, question.Sql, columns, rows));
        }

        // A lone surrogate in a title becomes U+FFFD.
        var page = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false).GetBytes(ReportPage.Of(archive.Configuration.Title, Path.GetFileName(catalogue), drawn));
        Durable.WriteFile(request.Output, stream => stream.Write(page));
        return new ReportOutcome(Path.GetFileName(catalogue), request.Output, page.Length, charts);
    }

    // A catalogue has no index of ids, so what the ledger holds is found through its look-up, once for all questions.
    private static IEnumerable<long[]> Held(Ledger ledger, string catalogue, CancellationToken stop)
    {
        using var reader = CatalogueReader.Open(catalogue);
        for (EntityId? after = null; ledger.HeldRecordings(after, PageRows) is { Count: > 0 } page; after = page[^1])
        {
            stop.ThrowIfCancellationRequested();
            foreach (var id in page)
                if (reader.Recording(id) is { } recording)
                    yield return [recording.Rank];
        }
    }

    // How many keys have one value, two and so on. Pairs come by key, so that nothing has to be sorted.
    private static IEnumerable<long[]> Use(IEnumerable<(long Key, long Value)> pairs)
    {
        var use = new SortedDictionary<long, long>();
        var (key, values) = (-1L, 0L);
        foreach (var pair in pairs)
        {
            if (pair.Key != key && values > 0)
                Count();
            (key, values) = (pair.Key, pair.Key == key ? values + 1 : 1);
        }

        if (values > 0)
            Count();
        return use.Select(step => new[] { step.Key, step.Value });

        void Count() => use[values] = use.GetValueOrDefault(values) + 1;
    }

    private static (IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<object?>> Rows) Ask(SealedSql sql, Question question, CancellationToken stop)
    {
        var columns = new List<string>();
        var rows = new List<IReadOnlyList<object?>>();
        foreach (var row in sql.Rows(question.Sql, stop))
        {
            if (rows.Count == 0)
                columns.AddRange(Enumerable.Range(0, row.FieldCount).Select(row.GetName));
            rows.Add(Enumerable.Range(0, row.FieldCount).Select(i => row.IsDBNull(i) ? null : row.GetValue(i)).ToList());
        }

        return (columns, rows);
    }
}
