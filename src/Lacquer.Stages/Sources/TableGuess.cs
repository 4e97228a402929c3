using System.Globalization;
using System.Text;
using System.Text.Json;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Rights;

namespace Lacquer.Stages.Sources;

/// <summary>Guesses what the columns of a table mean, by their names and by what stands in the first rows. A guess is to be read by somebody: what was not understood is printed too.</summary>
internal static class TableGuess
{
    private const int SampleRows = 1000;
    private const int MostColumns = 500;

    private static readonly string[] Separators = [";", "|", ","];

    // Fields by names of columns, letters and digits alone: the first column that is called so is taken, the names of a field in this order.
    private static readonly (string Field, string[] Names)[] Known =
    [
        ("recording.mbid", ["recordingmbid", "trackmbid", "musicbrainztrackid", "musicbrainzrecordingid", "mbid"]),
        ("recording.id", ["recordingid", "trackid", "songid", "id"]),
        ("recording.title", ["recordingtitle", "recordingname", "tracktitle", "trackname", "songtitle", "songname", "title", "track", "song", "name"]),
        ("recording.artist", ["artistcreditname", "artistcredit", "artistname", "artistnames", "artists", "artist", "trackartist", "performer"]),
        ("recording.artist_mbid", ["artistmbid", "artistmbids"]),
        ("recording.artist_id", ["artistid", "artistids"]),
        ("recording.duration", ["durationms", "lengthms", "durationinms", "duration", "durations", "durationsec", "durationinsec", "durationseconds", "length", "tracklength", "seconds"]),
        ("recording.isrc", ["isrc", "isrcs", "externalidsisrc"]),
        ("recording.listens", ["listens", "listencount", "totallistencount", "playcount", "plays", "streams", "scrobbles"]),
        ("recording.licence", ["licenseurl", "licenceurl", "license", "licence", "licenseccurl", "ccurl", "tracklicense", "rights"]),
        ("recording.genres", ["genres", "genre", "tags", "styles", "style"]),
        ("recording.explicit", ["explicit", "isexplicit"]),
        ("recording.medium", ["medium", "mediumnumber", "mediumposition", "discnumber", "disc", "disknumber"]),
        ("recording.position", ["position", "trackposition", "tracknumber", "trackno"]),
        ("release.mbid", ["releasembid", "albummbid", "musicbrainzalbumid"]),
        ("release.id", ["releaseid", "albumid"]),
        ("release.title", ["releasetitle", "releasename", "albumtitle", "albumname", "album", "release"]),
        ("release.artist", ["albumartist", "albumartistname", "releaseartist"]),
        ("release.date", ["releasedate", "albumreleasedate", "date", "originaldate", "year", "releaseyear"]),
        ("release.gtin", ["barcode", "gtin", "upc", "ean", "albumupc"]),
        ("release.type", ["releasetype", "albumtype"]),
        ("release.label", ["label", "recordlabel"]),
        ("release.catalogue_number", ["catalognumber", "cataloguenumber", "catno"]),
        ("file.location", ["url", "audiourl", "fileurl", "downloadurl", "audiodownload", "filepath", "path", "file", "filename", "location"]),
        ("file.length", ["filesize", "size", "bytes", "lengthbytes"]),
        ("file.codec", ["codec"]),
        ("file.bitrate", ["bitrate", "bitratekbps"]),
        ("file.md5", ["md5"]),
        ("file.sha1", ["sha1"]),
        ("file.sha256", ["sha256"]),
    ];

    /// <summary>A mapping in TOML for a table.</summary>
    /// <exception cref="LacquerException">The table cannot be read.</exception>
    public static string Of(string path)
    {
        var (delimiter, sample) = Sample(path);
        var fields = new Dictionary<string, Column>(StringComparer.Ordinal);
        foreach (var (field, names) in Known)
            if (names.Select(name => sample.Find(c => c.Plain == name && !fields.ContainsValue(c))).FirstOrDefault(c => c is not null) is { } found)
                fields.Add(field, found);
        foreach (var column in sample.Where(c => !fields.ContainsValue(c)))
            if (column.Are(v => Mbid.TryParse(v, out _)))
                fields.TryAdd("recording.mbid", column);
            else if (column.Are(v => v.Split(';', ',', '|', ' ').Any(part => Isrc.TryParse(part, out _))))
                fields.TryAdd("recording.isrc", column);
            else if (column.Are(v => Licence.Recognise(v) is not null))
                fields.TryAdd("recording.licence", column);
            else if (column.Are(v => v.Length == 64 && v.All(char.IsAsciiHexDigit)))
                fields.TryAdd("file.sha256", column);
        // A year alone is read as a date; what cannot be one is none.
        if (fields.TryGetValue("release.date", out var date) && !date.Are(v => SourceText.Date(v) > 0))
            fields.Remove("release.date");
        return Written(path, delimiter, sample, fields);
    }

    private static string Written(string path, char delimiter, List<Column> sample, Dictionary<string, Column> fields)
    {
        var toml = new StringBuilder().Append(CultureInfo.InvariantCulture, $"# Guessed from the first rows of {Path.GetFileName(path)}: correct it, then lacquer harvest table … --mapping THIS\n");
        if (delimiter != ',')
            toml.Append(CultureInfo.InvariantCulture, $"delimiter = {Quoted(delimiter.ToString())}\n");
        toml.Append("rows = \"recording\"\n");
        foreach (var (table, names) in TableMapping.Fields)
        {
            var lines = names.Where(name => fields.ContainsKey($"{table}.{name}")).Select(name => $"{name} = {Value($"{table}.{name}", fields[$"{table}.{name}"])}\n").ToList();
            if (table == "recording" && !fields.ContainsKey("recording.title"))
                lines.Insert(0, "title = \"\"  # no column looks like it: name one\n");
            if (lines.Count > 0)
                toml.Append(CultureInfo.InvariantCulture, $"\n[{table}]\n").AppendJoin("", lines);
        }

        var others = sample.Where(c => !fields.ContainsValue(c)).Select(c => Quoted(c.Name)).ToList();
        return toml.Append(others.Count > 0 ? $"\n# Not spoken of: {string.Join(", ", others)}\n" : "").ToString().TrimEnd('\n');
    }

    private static string Value(string field, Column column)
    {
        var unit = field == "recording.duration" ? column.Plain.EndsWith("ms", StringComparison.Ordinal) || column.Median > 20_000 ? "ms" : "s" : "";
        var separator = field is "recording.artist" or "recording.isrc" or "recording.genres" or "recording.artist_mbid" ? column.Separator(field == "recording.artist") : "";
        return unit.Length + separator.Length == 0 ? Quoted(column.Name)
            : $"{{ column = {Quoted(column.Name)}{(separator.Length > 0 ? $", separator = {Quoted(separator)}" : "")}{(unit.Length > 0 ? $", unit = \"{unit}\"" : "")} }}";
    }

    // A TOML basic string is a JSON string.
    private static string Quoted(string text) => JsonSerializer.Serialize(text);

    // Of several delimiters, the one that makes the most columns out of rows that are all as long.
    private static (char Delimiter, List<Column> Columns) Sample(string path)
    {
        var best = (Delimiter: ',', Columns: new List<Column>(), Score: -1);
        foreach (var delimiter in ",;\t|")
        {
            using var rows = TableRows.Open(path, null, delimiter, hasHeader: true);
            var columns = rows.Columns.Take(MostColumns).Select(name => new Column(name)).ToList();
            var bad = 0;
            foreach (var row in rows.All().Take(SampleRows))
                if (row.Kind.Length > 0 || !Look(row.Json, columns, isOpen: rows.Columns.Count == 0))
                    bad++;
            var score = columns.Count * (bad == 0 ? 2 : 1);
            if (score > best.Score)
                best = (delimiter, columns, score);
            if (rows.Columns.Count == 0 || !rows.AreBytes)
                break; // JSON and Parquet have none
        }

        return (best.Delimiter, best.Columns);
    }

    private static bool Look(ReadOnlyMemory<byte> row, List<Column> columns, bool isOpen)
    {
        try
        {
            using var json = JsonDocument.Parse(row);
            if (json.RootElement.ValueKind != JsonValueKind.Object)
                return false;
            foreach (var cell in json.RootElement.EnumerateObject())
            {
                var column = columns.Find(c => c.Name == cell.Name);
                if (column is null && isOpen && columns.Count < MostColumns)
                    columns.Add(column = new Column(cell.Name));
                column?.Values.AddRange(cell.Value.ValueKind == JsonValueKind.Array ? json.RootElement.Texts(cell.Name).Take(1) : [cell.Value.Text()]);
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private sealed class Column(string name)
    {
        public string Name => name;

        public string Plain { get; } = new(name.ToLowerInvariant().Where(char.IsAsciiLetterOrDigit).ToArray());

        public List<string> Values { get; } = [];

        /// <summary>Of its numbers, the one in the middle; 0 where there are none.</summary>
        public double Median => Values.Select(v => double.TryParse(v, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? number : -1).Where(n => n >= 0).Order().ToList() is { Count: > 0 } sorted ? sorted[sorted.Count / 2] : 0;

        private IEnumerable<string> Filled => Values.Where(v => v.Length > 0);

        /// <summary>Whether nine of ten of its values are so.</summary>
        public bool Are(Func<string, bool> so) => Filled.Count() is > 0 and var all && Filled.Count(so) * 10 >= all * 9;

        /// <summary>What seems to stand between several values, or "". In names of artists a comma or an ampersand may be part of one.</summary>
        public string Separator(bool areNames) => Separators.Take(areNames ? 2 : 3).FirstOrDefault(s => Filled.Any(v => v.Contains(s, StringComparison.Ordinal))) ?? "";
    }
}
