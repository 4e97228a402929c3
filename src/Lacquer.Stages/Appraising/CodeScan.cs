using System.Text;
using System.Text.Json;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Appraising;

/// <summary>What to scan.</summary>
/// <param name="Archive">The archive's folder.</param>
/// <param name="Source">Only this source's accessions; null: all.</param>
public sealed record CodeScanRequest(string Archive, string? Source = null);

/// <summary>Which code.</summary>
public enum CodeKind
{
    /// <summary>ISO 3901.</summary>
    Isrc,

    /// <summary>Barcode: GTIN-8, -12, -13 or -14.</summary>
    Gtin,
}

/// <summary>A code that is none.</summary>
/// <param name="Source">The source's name.</param>
/// <param name="Accession">The accession's number.</param>
/// <param name="Offset">Where its record begins in the accession's uncompressed bytes.</param>
/// <param name="Kind">Which code it should be.</param>
/// <param name="Text">As the source writes it.</param>
/// <param name="Problem">What is wrong with it.</param>
/// <param name="Suggestion">What it probably was, or null.</param>
public sealed record FaultyCode(string Source, int Accession, long Offset, CodeKind Kind, string Text, string Problem, string? Suggestion);

/// <summary>The codes of one kind in one source's accessions.</summary>
/// <param name="Source">The source's name.</param>
/// <param name="Kind">Which code.</param>
/// <param name="Codes">How many stand there, repetitions counted.</param>
/// <param name="Faulty">Those that are none.</param>
/// <param name="Suggested">Those of them with a suggestion.</param>
public sealed record CodeCount(string Source, CodeKind Kind, long Codes, long Faulty, long Suggested);

/// <summary>What was scanned.</summary>
/// <param name="Accessions">How many.</param>
/// <param name="Records">Their records.</param>
/// <param name="Counts">By source and kind.</param>
/// <param name="Findings">Accessions that cannot be read to their end.</param>
public sealed record CodeScanReport(int Accessions, long Records, IReadOnlyList<CodeCount> Counts, IReadOnlyList<Finding> Findings);

/// <summary>
/// Holds every ISRC and barcode in the accessions to its standard. Reads the sources' own records, whatever the adapter: a code is what stands under a name that codes go by. Writes nothing.
/// </summary>
public static class CodeScan
{
    private const int LongestName = 64;

    // Names of members, letters and digits alone.
    private static readonly HashSet<string> IsrcNames = new(["isrc", "isrcs", "tsrc"], StringComparer.Ordinal);
    private static readonly HashSet<string> GtinNames = new(["barcode", "barcodes", "gtin", "gtin8", "gtin12", "gtin13", "gtin14", "upc", "ean", "ean13", "upcean"], StringComparer.Ordinal);

    /// <summary>Scans.</summary>
    /// <param name="request">What.</param>
    /// <param name="clock">For the ledger.</param>
    /// <param name="onFaulty">Is told each code that is none, as it is met.</param>
    /// <param name="progress">How far it is.</param>
    /// <param name="stop">Ends it between two records.</param>
    public static CodeScanReport Run(CodeScanRequest request, TimeProvider clock, Action<FaultyCode> onFaulty, IProgress<StageProgress> progress, CancellationToken stop)
    {
        using var archive = OpenArchive.ToRead(request.Archive, clock);
        var accessions = archive.Ledger.Accessions().Where(a => request.Source is null || a.Source == request.Source).ToList();
        if (request.Source is { } source && accessions.Count == 0)
            throw new LacquerException(Failure.Missing, $"{archive.Layout.Root} has no accession of a source '{source}'", "lacquer status lists them");
        var counts = new SortedDictionary<(string Source, CodeKind Kind), (long Codes, long Faulty, long Suggested)>();
        var findings = new List<Finding>();
        var total = accessions.Sum(a => a.Records);
        var records = 0L;
        foreach (var accession in accessions)
        {
            try
            {
                using var reader = AccessionReader.Open(archive.Layout.Accession(accession.Source, accession.Number));
                foreach (var line in reader.Lines())
                {
                    stop.ThrowIfCancellationRequested();
                    if (++records % 1000 == 0)
                        progress.Report(new StageProgress("codes", records, total));
                    foreach (var (kind, text) in Codes(line.Line.Span))
                    {
                        var fault = kind == CodeKind.Isrc ? CodeCheck.OfIsrc(text) : CodeCheck.OfGtin(text);
                        var count = counts.GetValueOrDefault((accession.Source, kind));
                        counts[(accession.Source, kind)] = (count.Codes + 1, count.Faulty + (fault is null ? 0 : 1), count.Suggested + (fault?.Suggestion is null ? 0 : 1));
                        if (fault is not null)
                            onFaulty(new FaultyCode(accession.Source, accession.Number, line.Offset, kind, text, fault.Problem, fault.Suggestion));
                    }
                }
            }
            catch (LacquerException e) when (e.Failure is Failure.Damaged or Failure.Missing)
            {
                findings.Add(new Finding("codes", FormattableString.Invariant($"{accession.Source}/{accession.Number:D6}"), "unreadable", e.Message));
            }
        }

        return new CodeScanReport(accessions.Count, records, counts.Select(c => new CodeCount(c.Key.Source, c.Key.Kind, c.Value.Codes, c.Value.Faulty, c.Value.Suggested)).ToList(), findings);
    }

    // A record that is no JSON, or breaks off, gives the codes before; the catalogue says what is wrong with it.
    private static List<(CodeKind Kind, string Text)> Codes(ReadOnlySpan<byte> line)
    {
        var codes = new List<(CodeKind, string)>();
        try
        {
            var json = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = 256 });
            CodeKind? kind = null;
            // How deep the list lies whose members are codes.
            var depth = -1;
            while (json.Read())
                switch (json.TokenType)
                {
                    case JsonTokenType.PropertyName:
                        kind = KindOf(ref json);
                        depth = -1;
                        break;
                    case JsonTokenType.StartArray when kind is not null && depth < 0:
                        depth = json.CurrentDepth;
                        break;
                    case JsonTokenType.String when kind is { } its:
                        Add(codes, its, json.GetString()!);
                        kind = depth < 0 ? null : kind;
                        break;
                    case JsonTokenType.Number when kind is { } its:
                        Add(codes, its, Encoding.UTF8.GetString(json.ValueSpan));
                        kind = depth < 0 ? null : kind;
                        break;
                    case JsonTokenType.StartObject or JsonTokenType.EndObject or JsonTokenType.StartArray:
                    case JsonTokenType.EndArray when json.CurrentDepth == depth:
                    case JsonTokenType.Null or JsonTokenType.True or JsonTokenType.False when depth < 0:
                        (kind, depth) = (null, -1);
                        break;
                }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return codes;
        }

        return codes;
    }

    private static CodeKind? KindOf(ref Utf8JsonReader json)
    {
        if (json.ValueSpan.Length > LongestName)
            return null;
        var name = string.Concat(json.GetString()!.Where(char.IsAsciiLetterOrDigit)).ToLowerInvariant();
        return IsrcNames.Contains(name) ? CodeKind.Isrc : GtinNames.Contains(name) ? CodeKind.Gtin : null;
    }

    // Tags may have several in one text, as the catalogue reads them too.
    private static void Add(List<(CodeKind, string)> codes, CodeKind kind, string text)
    {
        foreach (var part in kind == CodeKind.Isrc && text.AsSpan().IndexOfAny(';', '/', ',') >= 0 ? text.Split([';', '/', ','], StringSplitOptions.TrimEntries) : [text.Trim()])
            if (part.Length > 0)
                codes.Add((kind, part));
    }
}
