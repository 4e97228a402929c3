using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Sources;

/// <summary>
/// Discogs' monthly dumps, <c>discogs_YYYYMMDD_artists.xml.gz</c> and <c>…_releases.xml.gz</c>, which are CC0. Streamed: one element is in memory at a time. A record is the element as XML, kept as a JSON text.
/// </summary>
internal sealed partial class DiscogsAdapter : Adapter
{
    private const int LongestElement = 8 << 20;

    private static readonly string[] Kinds = ["artist", "release"];

    public override string Name => "discogs";

    public override string Summary => "Reads Discogs' monthly dumps of artists and releases as they are, without unpacking them to disk. Where the files are those of the last time, no accession is made.";

    public override string LocationHelp => "discogs_YYYYMMDD_releases.xml.gz or …_artists.xml.gz, or a folder with some of them.";

    public override IReadOnlyList<string> Examples => ["lacquer harvest discogs ~/dumps --archive /srv/music", "lacquer harvest discogs discogs_20260801_releases.xml.gz --dry-run"];

    public override bool TakesChangesOnly => false;

    public override async Task<HarvestSubject> PrepareAsync(AdapterRequest request, IProgress<StageProgress> progress, CancellationToken cancel)
    {
        var origins = new List<AccessionOrigin>();
        var files = FilesAt(request.Path);
        var (done, total) = (0L, files.Sum(f => new FileInfo(f.Path).Length));
        foreach (var (path, _) in files)
        {
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.SequentialScan);
            var digest = new Sha256Digest(await SHA256.HashDataAsync(file, cancel).ConfigureAwait(false));
            done += file.Length;
            progress.Report(new StageProgress("check files", done, total, IsBytes: true));
            origins.Add(new AccessionOrigin(Path.GetFileName(path), digest, 0, DumpName().Match(path).Groups["date"].Value, "CC0-1.0", ""));
        }

        return new HarvestSubject(Name) { Origins = origins, Note = $"would read {string.Join(" and ", files.Select(f => f.Path))}" };
    }

    public override async Task TakeAsync(HarvestRun run, CancellationToken cancel)
    {
        var files = FilesAt(run.Request.Path);
        var (before, total) = (0L, files.Sum(f => new FileInfo(f.Path).Length));
        foreach (var (path, kind) in files)
        {
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
            await using Stream text = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionMode.Decompress, leaveOpen: true) : file;
            var number = 0L;
            try
            {
                using var xml = XmlReader.Create(text, new XmlReaderSettings { Async = true, DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, IgnoreWhitespace = false, CheckCharacters = false });
                if (await xml.MoveToContentAsync().ConfigureAwait(false) != XmlNodeType.Element || xml.Name != kind + "s")
                    throw new LacquerException(Failure.Damaged, $"{path} begins with <{xml.Name}>, not <{kind}s>", "give it its right name, or fetch it again");
                await xml.ReadAsync().ConfigureAwait(false);
                while (!xml.EOF)
                {
                    cancel.ThrowIfCancellationRequested();
                    if (xml.NodeType != XmlNodeType.Element || xml.Depth != 1)
                    {
                        await xml.ReadAsync().ConfigureAwait(false);
                        continue;
                    }

                    number++;
                    var element = await xml.ReadOuterXmlAsync().ConfigureAwait(false);
                    var id = IdOf().Match(element[..Math.Min(element.Length, 1 << 16)]);
                    var key = id.Success ? $"{kind}/{id.Groups[1].Value}{id.Groups[2].Value}" : string.Create(CultureInfo.InvariantCulture, $"{kind}#{number}");
                    if (!id.Success)
                        run.SetAside(key, "unreadable", "it has no id");
                    else if (element.Length > LongestElement)
                        run.SetAside(key, "long", string.Create(CultureInfo.InvariantCulture, $"it has {element.Length} letters; a record has at most {LongestElement}"));
                    else
                        run.Add(key, JsonSerializer.SerializeToUtf8Bytes(element));
                    if ((number & 0xFF) == 0)
                        run.Report($"harvest {kind}s", before + file.Position, total, areBytes: true);
                }
            }
            catch (Exception e) when (e is XmlException or InvalidDataException or EndOfStreamException)
            {
                // What was whole has been taken.
                run.SetAside(string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(path)}#{number + 1}"), "damaged", $"the file cannot be read on: {e.Message.ReplaceLineEndings(" ")}");
            }

            before += file.Length;
        }
    }

    public override SourceDocument? Describe(string key, JsonElement record)
    {
        XElement element;
        try
        {
            using var text = new StringReader(record.GetString() ?? "");
            using var xml = XmlReader.Create(text, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, CheckCharacters = false });
            element = XElement.Load(xml);
        }
        catch (XmlException e)
        {
            throw new FormatException($"it is not XML: {e.Message.ReplaceLineEndings(" ")}", e);
        }

        return element.Name.LocalName switch
        {
            "artist" => Artist(element),
            "release" => Release(element),
            _ => null,
        };
    }

    private static SourceArtist Artist(XElement artist) => new(Text(artist, "id"), Plain(Text(artist, "name")))
    {
        Aliases = artist.Elements("namevariations").Elements("name").Select(n => n.Value.Trim()).Where(n => n.Length > 0).ToList(),
    };

    private static SourceRelease Release(XElement release)
    {
        var tracks = new List<SourceTrack>();
        foreach (var track in release.Elements("tracklist").Elements("track"))
            Track(track, tracks);
        var formats = release.Elements("formats").Elements("format").ToList();
        var descriptions = formats.Elements("descriptions").Elements("description").Select(d => d.Value.Trim()).ToHashSet(StringComparer.Ordinal);
        var media = formats.SelectMany(f => Enumerable.Repeat((string?)f.Attribute("name") ?? "", Math.Clamp((int?)Parsed((string?)f.Attribute("qty")) ?? 1, 1, 100))).Take(100)
            .Select((name, i) => (i + 1, name, "")).Where(m => m.name.Length > 0).ToList();
        return new SourceRelease((string?)release.Attribute("id") ?? "", Text(release, "title"))
        {
            Artists = Credit(release.Element("artists")),
            Date = SourceText.Date(Text(release, "released")),
            Barcode = release.Elements("identifiers").Elements("identifier").Where(i => (string?)i.Attribute("type") == "Barcode")
                .Select(i => new string(((string?)i.Attribute("value") ?? "").Where(char.IsAsciiDigit).ToArray())).FirstOrDefault(d => d.Length is >= 8 and <= 14) ?? "",
            Type = descriptions.Contains("Album") ? "Album" : descriptions.Contains("EP") ? "EP" : descriptions.Contains("Single") ? "Single" : descriptions.Contains("Compilation") ? "Compilation" : "",
            Labels = release.Elements("labels").Elements("label").Select(l => (Plain((string?)l.Attribute("name") ?? ""), Number((string?)l.Attribute("catno")))).Distinct().ToList(),
            Media = media,
            Genres = release.Elements("genres").Elements("genre").Concat(release.Elements("styles").Elements("style")).Select(g => g.Value.Trim()).Where(g => g.Length > 0).Distinct().ToList(),
            Tracks = tracks,
        };

        static string Number(string? catno) => catno is null or "none" or "None" ? "" : catno.Trim();
    }

    // A heading has no position; a work with parts has them as sub-tracks, and is no track itself.
    private static void Track(XElement track, List<SourceTrack> tracks)
    {
        var parts = track.Elements("sub_tracks").Elements("track").ToList();
        foreach (var part in parts)
            Track(part, tracks);
        var position = Text(track, "position");
        if (parts.Count > 0 || position.Length == 0 || Text(track, "title").Length == 0)
            return;
        // "2-03", "CD2-3": of the second medium. "A1", "B2": sides are told apart by letters, and the order is what counts.
        var medium = MediumOf().Match(position) is { Success: true } match && match.Groups[1].Value.Length < 3 ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : 1;
        var place = tracks.Count(t => t.Medium == medium) + 1;
        var credit = Credit(track.Element("artists"));
        tracks.Add(new SourceTrack(medium, place, new SourceRecording("", Text(track, "title")) { DurationMs = SourceText.DurationMs(Text(track, "duration")), Artists = credit }));
    }

    private static List<SourceName> Credit(XElement? artists)
    {
        var names = new List<SourceName>();
        foreach (var artist in artists?.Elements("artist") ?? [])
        {
            var (name, printed, join) = (Plain(Text(artist, "name")), Text(artist, "anv"), Text(artist, "join"));
            if (name.Length == 0)
                continue;
            names.Add(new SourceName(printed.Length > 0 ? printed : name)
            {
                Id = Text(artist, "id") is "0" ? "" : Text(artist, "id"),
                ArtistName = name,
                JoinPhrase = join switch { "" => "", "," => ", ", _ => $" {join} " },
            });
        }

        return names;
    }

    // Discogs tells namesakes apart by a number behind the name: "Nirvana (2)".
    private static string Plain(string name) => Namesake().Replace(name, "");

    private static string Text(XElement element, string name) => element.Element(name)?.Value.Trim() ?? "";

    private static long? Parsed(string? number) => long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;

    private static List<(string Path, string Kind)> FilesAt(string location)
    {
        var candidates = Directory.Exists(location) ? Directory.EnumerateFiles(location).Order(StringComparer.Ordinal).ToList() : File.Exists(location) ? [location]
            : throw new LacquerException(Failure.Missing, $"nothing is at {location}", "name a file or a folder of discogs_YYYYMMDD_releases.xml.gz and …_artists.xml.gz");
        var files = Kinds.Select(kind => (Kind: kind, Paths: candidates.Where(c => DumpName().Match(c) is { Success: true } match && match.Groups["kind"].Value == kind).ToList())).Where(f => f.Paths.Count > 0).ToList();
        if (files.Count == 0)
            throw new LacquerException(Failure.Usage, $"{location} holds no dump of Discogs' artists or releases", "they are called discogs_YYYYMMDD_releases.xml.gz and discogs_YYYYMMDD_artists.xml.gz");
        if (files.Find(f => f.Paths.Count > 1) is { Paths: [var one, var other, ..] })
            throw new LacquerException(Failure.Usage, $"{one} and {Path.GetFileName(other)} are of two months", "name one of them, or move the older away");
        return files.ConvertAll(f => (f.Paths[0], f.Kind));
    }

    [GeneratedRegex(@"discogs_(?<date>\d{8})_(?<kind>artist|release)s\.xml(?:\.gz)?$")]
    private static partial Regex DumpName();

    [GeneratedRegex("^<release[^>]* id=\"([0-9]{1,18})\"|<id>([0-9]{1,18})</id>")]
    private static partial Regex IdOf();

    [GeneratedRegex(@"^(?:CD|DVD|LP)?(\d+)[-.]", RegexOptions.IgnoreCase)]
    private static partial Regex MediumOf();

    [GeneratedRegex(@" \(\d{1,4}\)$")]
    private static partial Regex Namesake();
}
