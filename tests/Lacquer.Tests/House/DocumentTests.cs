using System.Text.RegularExpressions;
using Lacquer.Cli;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Editions;
using Lacquer.Formats.Ledgers;
using Lacquer.Tests.Studio;
using Microsoft.Data.Sqlite;
using Tomlyn.Model;
using Xunit;

namespace Lacquer.Tests.House;

/// <summary>Holds what is written about the formats and the command line to the code.</summary>
public sealed partial class DocumentTests
{
    private static readonly string[] Headings = ["Purpose", "Terms", "Layout", "Fields", "Invariants", "Write order", "Reading it without lacquer", "History"];

    [Fact]
    public void Every_page_of_a_format_has_the_eight_headings_in_order()
    {
        foreach (var page in Repository.Files("docs/format", "*.md"))
        {
            var headings = Prose(page).Split('\n').Where(line => line.StartsWith("## ", StringComparison.Ordinal)).Select(line => line[3..]);
            Assert.True(Headings.SequenceEqual(headings), $"{page}: {string.Join(", ", headings)}");
        }
    }

    [Fact]
    public void Every_folder_of_written_formats_has_a_page()
    {
        string[] pages = ["accession", "archive", "catalogue", "configuration", "delta", "edition", "fetch-log", "ledger", "object", "package", "rights", "tables", "volume"];
        Assert.Equal(pages, Repository.Files("docs/format", "*.md").Select(p => Path.GetFileNameWithoutExtension(p)));
    }

    [Fact]
    public void The_data_dictionary_of_the_catalogue_has_every_column_and_no_other()
    {
        using var scratch = new Scratch();
        var made = new List<string>();
        foreach (var (name, sql) in new[] { (CatalogueReader.CatalogueFileName, CatalogueSchema.Tables), (CatalogueReader.LookupsFileName, LookupTables.Schema), (CatalogueReader.SearchFileName, SearchSchema.Tables) })
        {
            using (var database = Open(scratch[name]))
                Run(database, sql);
            made.AddRange(Columns(scratch[name]));
        }

        // All have a table meta, and it is described once.
        Assert.Equal(made.Distinct().Order(StringComparer.Ordinal), Dictionary("docs/format/catalogue.md").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_data_dictionary_of_the_ledger_has_every_column_and_no_other()
    {
        using var scratch = new Scratch();
        Ledger.Create(scratch["ledger.sqlite"]);
        Assert.Equal(Columns(scratch["ledger.sqlite"]).Order(StringComparer.Ordinal), Dictionary("docs/format/ledger.md").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_data_dictionary_of_holdings_has_every_column_and_no_other()
    {
        using var scratch = new Scratch();
        Holdings.Write(scratch[Holdings.FileName], [], [], []);
        Assert.Equal(Columns(scratch[Holdings.FileName]).Order(StringComparer.Ordinal), Dictionary("docs/format/edition.md").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_key_of_the_configuration_is_described_and_no_other()
    {
        var table = TomlText.Parse(ArchiveConfiguration.Default("a", "A"), "lacquer.toml");
        var keys = table.SelectMany(pair => pair.Value is TomlTable section ? section.Keys.Select(key => $"{pair.Key}.{key}") : [pair.Key]).Order(StringComparer.Ordinal);
        var described = FirstCells(Section(Repository.Read("docs/format/configuration.md"), "Fields")).Order(StringComparer.Ordinal);
        Assert.Equal(keys, described);
    }

    [Fact]
    public void Links_between_documents_lead_somewhere()
    {
        var documents = Repository.Files("docs", "*.md").Concat(Directory.EnumerateFiles(Repository.Root, "*.md").Select(Path.GetFileName).OfType<string>());
        var dead = from document in documents
                   from Match match in Link().Matches(Prose(document))
                   let target = match.Groups[1].Value.Split('#')[0]
                   where target.Length > 0 && !target.Contains(':', StringComparison.Ordinal)
                       // README also leads to results that are measured, not written.
                       && (document != "README.md" || target.StartsWith("docs/", StringComparison.Ordinal))
                   let path = Path.GetFullPath(Path.Combine(Repository.Root, Path.GetDirectoryName(document)!, target))
                   where !File.Exists(path) && !Directory.Exists(path)
                   select $"{document}: {match.Groups[1].Value}";
        Assert.Empty(dead);
    }

    [Fact]
    public void A_decision_weighs_both_sides_and_says_what_would_change_it()
    {
        foreach (var page in Repository.Files("docs/decisions", "*.md"))
        {
            var headings = Prose(page).Split('\n').Where(line => line.StartsWith("## ", StringComparison.Ordinal)).Select(line => line[3..]);
            Assert.True(headings.SequenceEqual(["For", "Against", "Choice", "What would change it"]), $"{page}: {string.Join(", ", headings)}");
        }
    }

    [Fact]
    public async Task Every_command_and_option_is_described_and_no_other()
    {
        var page = Repository.Read("docs/cli.md");
        var described = CommandHeading().Matches(page).Select(match => match.Groups[1].Value).ToList();
        Assert.Equal(App.Verbs, described);
        foreach (var verb in App.Verbs)
        {
            using var output = new StringWriter();
            using var error = new StringWriter();
            Assert.Equal(0, await App.RunAsync([.. verb.Split(' '), "--help"], new Terminal(output, error), TestContext.Current.CancellationToken));
            var taken = OptionLine().Matches(output.ToString().ReplaceLineEndings("\n")).Select(match => match.Groups[1].Value).Except(["--archive", "--json", "--help"]);
            var text = Section(page, $"`lacquer {verb}", exact: false);
            Assert.True(taken.Order(StringComparer.Ordinal).SequenceEqual(FirstCells(text).Where(c => c.StartsWith('-')).Select(c => c.Split(' ')[0]).Order(StringComparer.Ordinal)), $"{verb}: {string.Join(' ', taken)}");
        }
    }

    [Fact]
    public void Every_exit_code_is_described_and_no_other()
    {
        int[] codes = [ExitCode.Done, ExitCode.Defect, ExitCode.Findings, ExitCode.Interrupted, .. Enum.GetValues<Formats.Findings.Failure>().Select(f => (int)f)];
        var described = FirstCells(Section(Repository.Read("docs/cli.md"), "Exit codes")).Select(c => int.Parse(c, System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(codes.Order(), described.Order());
    }

    // "table.column" of every heading that is a table's name, and of the first cells below it.
    private static IEnumerable<string> Dictionary(string page)
    {
        var parts = TableHeading().Split(Section(Repository.Read(page), "Fields"));
        for (var i = 1; i + 1 < parts.Length; i += 2)
            foreach (var column in FirstCells(parts[i + 1].TrimStart('\n').Split("\n\n")[0]))
                yield return $"{parts[i]}.{column}";
    }

    private static IEnumerable<string> FirstCells(string text) => FirstCell().Matches(text).Select(match => match.Groups[1].Value);

    private static string Section(string page, string heading, bool exact = true)
    {
        var start = page.IndexOf($"\n## {heading}{(exact ? "\n" : "")}", StringComparison.Ordinal);
        Assert.True(start >= 0, heading);
        var end = page.IndexOf("\n## ", start + 1, StringComparison.Ordinal);
        return end < 0 ? page[start..] : page[start..end];
    }

    private static string Prose(string page) => Fence().Replace(Repository.Read(page), "");

    private static List<string> Columns(string path)
    {
        using var database = Open(path);
        using var command = database.CreateCommand();
        // FTS5 keeps its own tables beside a virtual one, under its name.
        command.CommandText = """
            SELECT m.name || '.' || c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite_%'
                AND NOT EXISTS (SELECT 1 FROM sqlite_master v WHERE v.sql LIKE 'CREATE VIRTUAL%' AND m.name LIKE v.name || '\_%' ESCAPE '\')
            """;
        using var row = command.ExecuteReader();
        var columns = new List<string>();
        while (row.Read())
            columns.Add(row.GetString(0));
        Assert.NotEmpty(columns);
        return columns;
    }

    private static SqliteConnection Open(string path)
    {
        SQLitePCL.Batteries_V2.Init();
        var database = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        database.Open();
        return database;
    }

    private static void Run(SqliteConnection database, string sql)
    {
        using var command = database.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    [GeneratedRegex(@"^\| `([^`]+)`", RegexOptions.Multiline)]
    private static partial Regex FirstCell();

    [GeneratedRegex(@"^### `(\w+)`\n", RegexOptions.Multiline)]
    private static partial Regex TableHeading();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^## `lacquer ([a-z]+(?: [a-z-]+)*)", RegexOptions.Multiline)]
    private static partial Regex CommandHeading();

    [GeneratedRegex(@"^  (--[a-z0-9-]+)", RegexOptions.Multiline)]
    private static partial Regex OptionLine();
}
