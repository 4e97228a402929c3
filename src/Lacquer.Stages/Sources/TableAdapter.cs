using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Rights;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Sources;

/// <summary>Any table: a row is a record, its cells by their columns' names, and a <see cref="TableMapping"/> says what they mean.</summary>
internal sealed class TableAdapter : Adapter
{
    private TableMapping? _mapping;

    public override string Name => "table";

    public override string Summary => "Reads a table of CSV, TSV, JSON lines or Parquet, each row as it is; a small mapping file says which column is what. Where table and mapping are those of the last time, no accession is made.";

    public override string LocationHelp => "The table: .csv, .tsv, .jsonl, each also with .gz, .zst or .xz, or .parquet.";

    public override IReadOnlyList<string> Examples => ["lacquer harvest table tracks.csv --guess > tracks.toml", "lacquer harvest table tracks.csv --mapping tracks.toml --archive /srv/music"];

    public override IReadOnlyList<AdapterOption> Options =>
    [
        new("--mapping", "What the columns mean: a TOML file.", "FILE"),
        new("--guess", "Print a mapping guessed from names and values, to be corrected by hand, and stop.", null),
    ];

    public override bool TakesChangesOnly => false;

    public override Task<string?> AnswerAsync(AdapterRequest request, CancellationToken cancel) =>
        Task.FromResult(request.Option("--guess") is null ? null : TableGuess.Of(request.Path));

    public override async Task<HarvestSubject> PrepareAsync(AdapterRequest request, IProgress<StageProgress> progress, CancellationToken cancel)
    {
        var mapping = MappingOf(request);
        using (var rows = Open(request.Path, mapping))
            if (rows.Columns.Count > 0 && mapping.Columns.FirstOrDefault(c => !rows.Columns.Contains(c)) is { } unknown)
                throw new LacquerException(Failure.Usage, $"{request.Option("--mapping")} speaks of the column '{unknown}', which {request.Path} has not; it has {string.Join(", ", rows.Columns.Take(50))}", "correct the mapping");
        await using var file = new FileStream(request.Path, FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.SequentialScan);
        progress.Report(new StageProgress("check file", 0, file.Length, IsBytes: true));
        var digest = new Sha256Digest(await SHA256.HashDataAsync(file, cancel).ConfigureAwait(false));
        return new HarvestSubject(Path.GetFileNameWithoutExtension(PackedReader.Unpacked(request.Path)))
        {
            Origins = [new AccessionOrigin(Path.GetFileName(request.Path), digest, 0, "", "", "")],
            Settings = mapping.Text,
            Note = $"would read {request.Path}, each row as a {mapping.Rows}",
        };
    }

    public override Task TakeAsync(HarvestRun run, CancellationToken cancel)
    {
        var mapping = MappingOf(run.Request);
        using var rows = Open(run.Request.Path, mapping);
        var number = 0L;
        foreach (var row in rows.All())
        {
            cancel.ThrowIfCancellationRequested();
            if ((++number & 0xFFF) == 0)
                run.Report("harvest", rows.Done, rows.Total, rows.AreBytes);
            if (row.Kind.Length > 0)
            {
                run.SetAside(row.Place, row.Kind, row.Problem);
                continue;
            }

            try
            {
                using var json = JsonDocument.Parse(row.Json);
                if (json.RootElement.ValueKind == JsonValueKind.Object)
                    run.Add(KeyOf(mapping, json.RootElement) is { Length: > 0 } key ? key : row.Place, row.Json.Span);
                else
                    run.SetAside(row.Place, "unreadable", "it is not a JSON object");
            }
            catch (JsonException e)
            {
                run.SetAside(row.Place, "unreadable", $"it is not JSON: {e.Message.ReplaceLineEndings(" ")}");
            }
        }

        return Task.CompletedTask;
    }

    public override Adapter Reading(string settings)
    {
        try
        {
            return new TableAdapter { _mapping = TableMapping.Parse(settings, "the accession's mapping") };
        }
        catch (LacquerException e)
        {
            throw new FormatException(e.Message, e);
        }
    }

    public override SourceDocument? Describe(string key, JsonElement record)
    {
        var mapping = _mapping ?? throw new FormatException("the accession has no mapping");
        return mapping.Rows switch
        {
            "artist" => new SourceArtist(mapping.One(record, "artist.id"), mapping.One(record, "artist.name"))
            {
                Mbid = mapping.One(record, "artist.mbid"),
                SortName = mapping.One(record, "artist.sort_name"),
                Aliases = mapping.Many(record, "artist.aliases"),
                Genres = mapping.Many(record, "artist.genres"),
            },
            "release" => Release(mapping, record, key),
            _ => Recording(mapping, record, key),
        };
    }

    public override IEnumerable<SourceFile> Files(string key, JsonElement record)
    {
        if (_mapping is not { } mapping || mapping.One(record, "file.location") is not { Length: > 0 } location)
            yield break;
        var licence = mapping.One(record, "recording.licence") is { Length: > 0 } own ? own : mapping.One(record, "release.licence");
        Evidence[] evidence = licence.Length == 0 ? []
            : [new Evidence(EvidenceKind.Record, "licence", licence[..Math.Min(licence.Length, Licence.LongestText)], Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(record.GetRawText()))))];
        yield return new SourceFile(key, location, evidence)
        {
            FileName = Path.GetFileName(location.Split('?')[0]),
            LengthBytes = long.TryParse(mapping.One(record, "file.length"), NumberStyles.None, CultureInfo.InvariantCulture, out var length) ? length : null,
            DurationMs = Duration(mapping, record),
            Codec = mapping.One(record, "file.codec").ToLowerInvariant(),
            BitrateKbps = double.TryParse(mapping.One(record, "file.bitrate"), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var bitrate) ? bitrate : null,
            Md5 = mapping.One(record, "file.md5").ToLowerInvariant(),
            Sha1 = mapping.One(record, "file.sha1").ToLowerInvariant(),
            Sha256 = mapping.One(record, "file.sha256").ToLowerInvariant(),
        };
    }

    // The source's own key, else the MBID; "" where a row has neither, and its place stands for it.
    private static string KeyOf(TableMapping mapping, JsonElement row) =>
        mapping.One(row, $"{mapping.Rows}.id") is { Length: > 0 } id ? id : mapping.One(row, $"{mapping.Rows}.mbid");

    private static SourceRecording Recording(TableMapping mapping, JsonElement row, string key) => new(key, mapping.One(row, "recording.title"))
    {
        IsIdentity = KeyOf(mapping, row).Length > 0,
        Mbid = mapping.One(row, "recording.mbid"),
        Aliases = mapping.Many(row, "recording.aliases"),
        Artists = Credit(mapping, row, "recording"),
        DurationMs = Duration(mapping, row),
        Isrcs = mapping.Many(row, "recording.isrc"),
        Listens = Listens(mapping.One(row, "recording.listens")),
        Licence = Licence.Recognise(mapping.One(row, "recording.licence"))?.Code ?? "",
        Genres = mapping.Many(row, "recording.genres"),
        IsExplicit = mapping.One(row, "recording.explicit").ToLowerInvariant() switch
        {
            "true" or "t" or "yes" or "y" or "1" or "explicit" => true,
            "false" or "f" or "no" or "n" or "0" or "clean" => false,
            _ => null,
        },
        Release = mapping.One(row, "release.title").Length > 0 ? Release(mapping, row, "") : null,
        Medium = SourceText.Number(mapping.One(row, "recording.medium")) ?? 1,
        Position = SourceText.Number(mapping.One(row, "recording.position")) ?? 0,
    };

    // A release without a key of its own is known by its artist and title within this table.
    private static SourceRelease Release(TableMapping mapping, JsonElement row, string key)
    {
        var (id, mbid, title) = (mapping.One(row, "release.id"), mapping.One(row, "release.mbid"), mapping.One(row, "release.title"));
        var (label, number) = (mapping.One(row, "release.label"), mapping.One(row, "release.catalogue_number"));
        return new SourceRelease(id.Length > 0 ? id : mbid.Length > 0 ? mbid : key.Length > 0 ? key : $"{mapping.One(row, "release.artist")}\n{title}", title)
        {
            IsIdentity = id.Length > 0,
            Mbid = mbid,
            Aliases = mapping.Many(row, "release.aliases"),
            Artists = Credit(mapping, row, "release"),
            Date = SourceText.Date(mapping.One(row, "release.date")),
            Barcode = new string(mapping.One(row, "release.gtin").Where(char.IsAsciiDigit).ToArray()),
            Type = mapping.One(row, "release.type"),
            Labels = label.Length + number.Length > 0 ? [(label, number)] : [],
            Genres = mapping.Many(row, "release.genres"),
            Licence = Licence.Recognise(mapping.One(row, "release.licence"))?.Code ?? "",
        };
    }

    // Keys belong to names where there are as many. A separator with blanks around it is what was printed.
    private static List<SourceName> Credit(TableMapping mapping, JsonElement row, string entity)
    {
        var (names, ids, mbids) = (mapping.Many(row, $"{entity}.artist"), mapping.Many(row, $"{entity}.artist_id"), mapping.Many(row, $"{entity}.artist_mbid"));
        var separator = mapping.Separator($"{entity}.artist");
        var join = separator.Length > 2 && separator[0] == ' ' && separator[^1] == ' ' ? separator : ", ";
        return names.Select((name, i) => new SourceName(name) { Id = ids.Count == names.Count ? ids[i] : "", Mbid = mbids.Count == names.Count ? mbids[i] : "", JoinPhrase = join }).ToList();
    }

    private static int Duration(TableMapping mapping, JsonElement row)
    {
        var text = mapping.One(row, "recording.duration");
        if (mapping.Unit("recording.duration") != "ms")
            return SourceText.DurationMs(text);
        return double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var ms) && ms < 14L * 86_400_000 ? (int)Math.Round(ms) : 0;
    }

    private static long Listens(string text) => double.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var listens) && listens is > 0 and < 1L << 48 ? (long)listens : 0;

    private static TableRows Open(string path, TableMapping mapping) => TableRows.Open(path, mapping.Format, mapping.Delimiter, mapping.HasHeader);

    private static TableMapping MappingOf(AdapterRequest request)
    {
        if (request.Option("--mapping") is not { } option)
            throw new LacquerException(Failure.Usage, "nothing says what the columns mean", $"lacquer harvest table {request.Location} --guess > mapping.toml prints a mapping; then --mapping mapping.toml");
        var path = Path.GetFullPath(option, request.Folder);
        if (!File.Exists(path))
            throw new LacquerException(Failure.Missing, $"no mapping at {path}", $"lacquer harvest table {request.Location} --guess > {option} makes one");
        if (new FileInfo(path).Length > TableMapping.LongestText)
            throw new LacquerException(Failure.Usage, $"{path} is longer than {TableMapping.LongestText >> 10} KiB", "a mapping is a few lines");
        return TableMapping.Parse(File.ReadAllText(path), path);
    }
}
