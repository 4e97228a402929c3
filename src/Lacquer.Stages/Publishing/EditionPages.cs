using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Xml;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Editions;
using Lacquer.Formats.Torrents;

namespace Lacquer.Stages.Publishing;

/// <summary>A volume of the edition, and what is needed of its torrent.</summary>
/// <param name="Volume">The volume.</param>
/// <param name="Magnet">Its magnet link.</param>
/// <param name="TorrentBytes">Length of its torrent's file.</param>
/// <param name="OtherForms">Torrents of it in other forms, with their info hashes and magnet links.</param>
internal sealed record PublishedVolume(
    ManifestVolume Volume, string Magnet, long TorrentBytes, IReadOnlyList<(TorrentForm Form, string InfoHash, string Magnet)> OtherForms);

/// <summary>What an edition shows of itself: a page for people, a feed for readers and torrent clients, a list for programs. No time stands in any of them.</summary>
internal sealed class EditionPages(
    ArchiveConfiguration configuration, string edition, CatalogueReader catalogue, IReadOnlyList<PublishedVolume> published,
    MinisignPublicKey key, long recordings)
{
    private string Address => configuration.BaseUrl is { } baseUrl ? $"{baseUrl}editions/{edition}/" : "";

    private IEnumerable<TorrentForm> OtherForms => configuration.Forms.Where(form => form != TorrentForm.Hybrid);

    private static string TorrentPath(TorrentForm form, ManifestVolume volume) => $"torrents/{form.FileName(volume.Name)}";

    /// <summary><c>torrents.json</c>.</summary>
    public byte[] TorrentsJson()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartArray();
            foreach (var (volume, magnet, torrentBytes, others) in published)
            {
                json.WriteStartObject();
                json.WriteString("name", volume.Name);
                json.WriteNumber("stage", volume.Stage);
                json.WriteNumber("files", volume.FileCount);
                json.WriteNumber("length", volume.LengthBytes);
                json.WriteString("info_hash_v1", volume.InfoHashV1.ToString());
                json.WriteString("info_hash_v2", volume.InfoHashV2.ToString());
                json.WriteString("successor_of", volume.SuccessorOf);
                json.WriteString("torrent", Address + volume.TorrentPath);
                json.WriteString("magnet", magnet);
                json.WriteStartArray("other_forms");
                foreach (var (form, infoHash, link) in others)
                {
                    json.WriteStartObject();
                    json.WriteString("form", form.Name());
                    json.WriteString("info_hash", infoHash);
                    json.WriteString("torrent", Address + TorrentPath(form, volume));
                    json.WriteString("magnet", link);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }

    /// <summary><c>feed.xml</c>: RSS 2.0, a volume an item, the torrent its enclosure.</summary>
    public byte[] Feed()
    {
        using var buffer = new MemoryStream();
        using (var xml = XmlWriter.Create(buffer, new XmlWriterSettings { Encoding = new UTF8Encoding(false), Indent = true, NewLineChars = "\n" }))
        {
            xml.WriteStartElement("rss");
            xml.WriteAttributeString("version", "2.0");
            xml.WriteStartElement("channel");
            xml.WriteElementString("title", Printable(configuration.Title));
            xml.WriteElementString("link", Address.Length > 0 ? Address : "index.html");
            xml.WriteElementString("description", $"Edition {edition}: {Count(published.Count, "volume")}, {Count(recordings, "recording")}. Signed by minisign key {key.Id}.");
            foreach (var (volume, magnet, torrentBytes, others) in published)
            {
                xml.WriteStartElement("item");
                xml.WriteElementString("title", volume.Name);
                xml.WriteElementString("description", string.Create(CultureInfo.InvariantCulture, $"{volume.FileCount} files, {volume.LengthBytes} bytes, {StageName(volume.Stage)}{(volume.SuccessorOf is { } old ? $"; takes the place of {old}, and has every file of it that was not withdrawn" : "")}"));
                xml.WriteStartElement("enclosure");
                xml.WriteAttributeString("url", Address + volume.TorrentPath);
                xml.WriteAttributeString("length", torrentBytes.ToString(CultureInfo.InvariantCulture));
                xml.WriteAttributeString("type", "application/x-bittorrent");
                xml.WriteEndElement();
                xml.WriteStartElement("guid");
                xml.WriteAttributeString("isPermaLink", "false");
                xml.WriteString($"urn:btmh:1220{volume.InfoHashV2}");
                xml.WriteEndElement();
                xml.WriteEndElement();
            }

            xml.WriteEndElement();
            xml.WriteEndElement();
        }

        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }

    /// <summary><c>opds.json</c>: OPDS 2.0, the catalogue and each volume a publication, for readers of such catalogues.</summary>
    public byte[] Opds()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteStartObject("metadata");
            json.WriteString("title", configuration.Title);
            json.WriteNumber("numberOfItems", published.Count + 1);
            json.WriteEndObject();
            Links("self", "opds.json", "application/opds+json");
            json.WriteStartArray("publications");
            Publication($"{configuration.Title}: catalogue of edition {edition}", $"urn:lacquer:{configuration.Name}:{edition}", $"{Count(catalogue.Totals().Recordings, "recording")}, SQLite", "catalogue.sqlite.zst", "application/zstd");
            foreach (var (volume, _, _, _) in published)
                Publication($"{configuration.Title}: {volume.Name}", $"urn:btmh:1220{volume.InfoHashV2}", string.Create(CultureInfo.InvariantCulture, $"{volume.FileCount} files, {volume.LengthBytes} bytes, {StageName(volume.Stage)}"), volume.TorrentPath, "application/x-bittorrent");
            json.WriteEndArray();
            json.WriteEndObject();

            void Links(string relation, string href, string type)
            {
                json.WriteStartArray("links");
                json.WriteStartObject();
                json.WriteString("rel", relation);
                json.WriteString("href", Address + href);
                json.WriteString("type", type);
                json.WriteEndObject();
                json.WriteEndArray();
            }

            void Publication(string title, string identifier, string description, string href, string type)
            {
                json.WriteStartObject();
                json.WriteStartObject("metadata");
                json.WriteString("@type", "http://schema.org/Dataset");
                json.WriteString("title", title);
                json.WriteString("identifier", identifier);
                json.WriteString("description", description);
                json.WriteEndObject();
                Links("http://opds-spec.org/acquisition/open-access", href, type);
                json.WriteEndObject();
            }
        }

        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }

    /// <summary><c>index.html</c>: what is in the edition, how to check it, how to fetch it. No script.</summary>
    public byte[] Index()
    {
        var totals = catalogue.Totals();
        var page = new StringBuilder();
        var title = Html(configuration.Title);
        page.Append(CultureInfo.InvariantCulture, $$"""
            <!doctype html>
            <html lang="en">
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{{title}}, edition {{edition}}</title>
            <link rel="alternate" type="application/rss+xml" title="{{title}}" href="feed.xml">
            <link rel="icon" href="data:,">
            <style>
            :root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 20%, transparent) }
            body { font: 16px/1.55 Georgia, "Liberation Serif", serif; max-width: 60rem; margin: 3rem auto; padding: 0 1.25rem }
            h1 { font-weight: normal; font-size: 2.2rem; margin: 0 } h2 { font-weight: normal; margin: 2.5rem 0 .5rem }
            table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .4rem 1rem .4rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
            td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap } code, pre { font-size: .82rem } pre { overflow-x: auto; padding: .8rem 1rem; border: 1px solid var(--line); border-radius: 6px }
            .wide { overflow-x: auto } p.lead { font-size: 1.1rem }
            </style>
            <h1>{{title}}</h1>
            <p class="lead">Edition {{edition}}: {{Count(recordings, "recording")}} to keep and share; {{Count(totals.Recordings, "recording")}}, {{Count(totals.Releases, "release")}} and {{Count(totals.Artists, "artist")}} in the catalogue.</p>
            <h2>Volumes</h2>
            <p>One torrent each, the most listened first: hybrid torrents (BitTorrent v1 and v2), as qBittorrent and aria2 take them.{(OtherForms.Any() ? " Beside each, the same for one protocol alone, for clients that refuse hybrids." : "")}</p>
            <div class="wide"><table>
            <tr><th>stage<th>volume<th class="n">files<th class="n">size<th>get

            """);
        foreach (var (volume, magnet, torrentBytes, others) in published)
            page.Append(CultureInfo.InvariantCulture, $"""
                <tr><td>{StageName(volume.Stage)}<td><code>{volume.Name}</code>{(volume.SuccessorOf is { } old ? $"<br>takes the place of <code>{old}</code>" : "")}<td class="n">{Number(volume.FileCount)}<td class="n">{Size(volume.LengthBytes)}<td><a href="{volume.TorrentPath}">torrent</a> · <a href="{Html(magnet)}">magnet</a>{string.Concat(others.Select(o => $" · <a href=\"{TorrentPath(o.Form, volume)}\">{o.Form.Name()} alone</a>"))}

                """);
        page.Append(CultureInfo.InvariantCulture, $"""
            </table></div>
            <h2>Files</h2>
            <table>
            <tr><td><a href="catalogue.sqlite.zst">catalogue.sqlite.zst</a><td>what exists: recordings, releases, artists, numbered by rank
            <tr><td><a href="holdings.sqlite.zst">holdings.sqlite.zst</a><td>which recording is in which volume, under which licence
            <tr><td><a href="datapackage.json">datapackage.json</a><td>the same as tables, for DuckDB, Polars, Arrow and others: <code>tables/*.parquet</code>, described
            <tr><td><a href="torrents.json">torrents.json</a>, <a href="feed.xml">feed.xml</a>, <a href="opds.json">opds.json</a><td>the volumes, for programs, feed readers and OPDS readers
            <tr><td><a href="manifest.json">manifest.json</a>, <a href="manifest.json.minisig">its signature</a><td>everything above and every object, by length and hash
            </table>
            <h2>Check it</h2>
            <pre>minisign -V -P {key.Text} -m manifest.json
            zstd -d catalogue.sqlite.zst &amp;&amp; sqlite3 catalogue.sqlite 'SELECT id, title FROM recording LIMIT 10'</pre>
            <h2>Mirror it, or search it</h2>
            <pre>lacquer mirror {(Address.Length > 0 ? Html(Address) : "ADDRESS-OF-THIS-PAGE")} --archive my-mirror</pre>
            <p>This makes the search, too. With <code>--budget 0</code> it takes no audio.
            </html>

            """);
        return Encoding.UTF8.GetBytes(page.ToString());
    }

    private string StageName(int stage)
    {
        var above = configuration.Stages.TakeWhile(s => s > stage).LastOrDefault(101);
        return stage == 0 && above == 1 ? "popularity 0" : above == 101 ? string.Create(CultureInfo.InvariantCulture, $"popularity {stage} and above")
            : string.Create(CultureInfo.InvariantCulture, $"popularity {stage} to {above - 1}");
    }

    private static string Html(string text) => WebUtility.HtmlEncode(text);

    private static string Printable(string text) => new(text.Where(c => XmlConvert.IsXmlChar(c)).ToArray());

    private static string Count(long number, string what) => $"{Number(number)} {what}{(number == 1 ? "" : "s")}";

    private static string Number(long number) => number.ToString("#,0", CultureInfo.InvariantCulture).Replace(',', '\u202F');

    private static string Size(long bytes) => bytes switch
    {
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0.0} kB"),
        < 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0} MB"),
        < 1_000_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.0} GB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e12:0.0} TB"),
    };
}
