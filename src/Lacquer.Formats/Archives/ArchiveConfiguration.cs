using System.Globalization;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Rights;
using Tomlyn;
using Tomlyn.Model;

namespace Lacquer.Formats.Archives;

/// <summary>The codec of a tier.</summary>
public enum TierCodec
{
    /// <summary>Ogg Vorbis.</summary>
    Vorbis,

    /// <summary>Ogg Opus.</summary>
    Opus,

    /// <summary>FLAC: lossless.</summary>
    Flac,
}

/// <summary>A storage choice.</summary>
/// <param name="Codec">The codec.</param>
/// <param name="BitrateKbps">Kilobits a second; 0 for FLAC, which takes what it needs.</param>
public sealed record Tier(TierCodec Codec, int BitrateKbps)
{
    /// <summary>For example <c>vorbis-160</c>, or <c>flac</c>.</summary>
    public string Name => Codec == TierCodec.Flac ? "flac" : string.Create(CultureInfo.InvariantCulture, $"{(Codec == TierCodec.Opus ? "opus" : "vorbis")}-{BitrateKbps}");

    /// <summary>The extension of the tier's files, without a dot.</summary>
    public string Extension => Codec switch
    {
        TierCodec.Opus => "opus",
        TierCodec.Flac => "flac",
        _ => "ogg",
    };
}

/// <summary>How sources are asked over the network.</summary>
/// <param name="Contact">E-mail or web address under which the operator can be reached; null where none is given.</param>
/// <param name="RequestsPerSecond">Most requests a second to one host.</param>
/// <param name="Connections">Most requests under way at one host.</param>
/// <param name="PatienceSeconds">Seconds without a byte after which an answer is given up.</param>
public sealed record FetchSettings(string? Contact, double RequestsPerSecond, int Connections, int PatienceSeconds);

/// <summary>An archive's <c>lacquer.toml</c>: what to keep, how, and how to publish it.</summary>
/// <param name="Name">Short name, <c>[a-z0-9-]</c>, at most 24 letters; it stands in the names of volumes.</param>
/// <param name="Title">What people call the archive.</param>
/// <param name="PieceLengthBytes">Piece length of every torrent; fixed for the archive's life.</param>
/// <param name="Heard">The tier of recordings with popularity above 0.</param>
/// <param name="Unheard">The tier of recordings with popularity 0.</param>
/// <param name="KeepLossyUpTo">A source file in its tier's codec or another Ogg codec is kept as it is up to this multiple of the tier's bitrate.</param>
/// <param name="Rights">What the gate allows.</param>
/// <param name="Stages">Lower bounds of popularity of the stages, from the most popular down to 0.</param>
/// <param name="VolumeBytes">A volume closes before the object that would make it larger.</param>
/// <param name="VolumeFiles">A volume closes before the object that would make it more.</param>
/// <param name="BaseUrl">Address under which the archive's folders <c>editions</c> and <c>volumes</c> are served, ending in <c>/</c>; null where it has none.</param>
/// <param name="OtherWebseeds">More addresses under which the volumes' folders are served (BEP 19), each ending in <c>/</c>.</param>
/// <param name="Trackers">Announce addresses; may be empty.</param>
/// <param name="Workers">How many files are worked on at once; 0: one for each core.</param>
/// <param name="Fetch">How sources are asked over the network.</param>
public sealed partial record ArchiveConfiguration(
    string Name, string Title, int PieceLengthBytes, Tier Heard, Tier Unheard, double KeepLossyUpTo, RightsPolicy Rights,
    IReadOnlyList<int> Stages, long VolumeBytes, int VolumeFiles, string? BaseUrl, IReadOnlyList<string> OtherWebseeds, IReadOnlyList<string> Trackers, int Workers, FetchSettings Fetch)
{
    /// <summary>Whether lossy sources are never encoded anew, however far from their tier.</summary>
    public bool KeepsLossy { get; private init; }

    /// <summary>What comes after all others.</summary>
    public QualityPolicy Quality { get; private init; } = new([], 1000, 1000, 20, 5, [SameAudioBy.Bytes, SameAudioBy.Samples]);

    /// <summary>How what is encoded is proved.</summary>
    public ResultCheck Check { get; private init; }

    /// <summary>Whether objects carry a small picture of their cover.</summary>
    public bool HasCovers { get; private init; }

    /// <summary>Every address under which the volumes' folders are served.</summary>
    public IReadOnlyList<string> Webseeds => BaseUrl is null ? OtherWebseeds : [BaseUrl + "volumes/", .. OtherWebseeds];

    /// <summary>The tier for a popularity.</summary>
    public Tier TierOf(int popularity) => popularity > 0 ? Heard : Unheard;

    /// <summary>The stage, named by its lower bound of popularity.</summary>
    public int StageOf(int popularity) => Stages.First(bound => popularity >= bound);

    /// <summary>The address of the PostgreSQL database that the ledger lies in; null where it is a file in the archive.</summary>
    public string? Ledger { get; private init; }

    /// <summary>Where the ledger of an archive lies that has this configuration: a file, or the address of a database.</summary>
    public string LedgerOf(ArchiveLayout layout) => Ledger ?? layout.Ledger;

    /// <summary>The commented file that <c>init</c> writes.</summary>
    /// <param name="name">The archive's name.</param>
    /// <param name="title">Its title.</param>
    /// <param name="ledger">Address of the ledger's database; empty: a file in the archive.</param>
    /// <param name="objects">Location of the objects; empty: the archive's folder.</param>
    /// <param name="endpoint">Address of the store that the location is in; empty: AWS.</param>
    public static string Default(string name, string title, string ledger = "", string objects = "", string endpoint = "") => $"""
        # This archive's policy. Every value below is the default; delete a line and it stays so.

        # Stands in the names of volumes: letters a-z, digits, hyphens.
        name = "{name}"
        title = {Quoted(title)}

        # Piece length of every torrent, in bytes. Never change it once objects are in the archive.
        piece_length = 1048576

        # "" for ledger.sqlite in this folder. For workers on several machines a PostgreSQL database of its own:
        # "postgres://USER@HOST/DATABASE". Never with a password, which stands in PGPASSWORD or ~/.pgpass.
        ledger = {Quoted(ledger)}

        [objects]
        # Where the audio lies. Empty: in the archive's folder, under objects/. Or in a bucket of an S3-compatible store:
        # "s3://bucket" or "s3://bucket/prefix". Its keys come from the environment, AWS_ACCESS_KEY_ID and
        # AWS_SECRET_ACCESS_KEY, or from the file that AWS_SHARED_CREDENTIALS_FILE names; never write them here.
        location = {Quoted(objects)}
        # The store's address, "https://s3.example.org"; empty: Amazon's for the region.
        endpoint = {Quoted(endpoint)}
        region = "us-east-1"
        # Whether the bucket stands in the path of an address (most stores) or in its host name.
        path_style = true
        # Seconds without a byte after which a request is given up and made again.
        patience_seconds = 60

        [tiers]
        # Recordings that anybody listened to, and those that nobody did: "vorbis-160", "opus-75", or "flac" for masters. In a
        # tier of FLAC a FLAC source is kept byte for byte, another lossless one becomes FLAC, and a lossy one is kept.
        heard = "vorbis-160"
        unheard = "opus-75"
        # An Ogg Vorbis or Opus file of at most this multiple of its tier's bitrate is kept as it is:
        # only its comment header is rewritten, and restore gives back the original bit for bit.
        keep_lossy_up_to = 1.25
        # Other lossy sources (MP3, AAC, a larger Ogg file): "encode" makes their tier's codec of them, "keep" keeps them as they are.
        lossy = "encode"

        [rights]
        # Denied by default: what no class below allows is neither kept nor published. A licence may be of
        # several classes (CC BY-NC-SA: attribution, non-commercial, share-alike); each must be allowed.
        # Classes: public-domain attribution share-alike copyleft permissive non-commercial no-derivatives.
        publish = ["public-domain", "attribution", "share-alike", "copyleft", "permissive"]
        keep = ["public-domain", "attribution", "share-alike", "copyleft", "permissive", "non-commercial"]
        # true: audio without a recognised licence is kept as well. It is never published.
        keep_unknown = false
        # Where this archive publishes, by its two letters: "DE", "US". What is free in one country alone, such as
        # "No Copyright - United States", passes only there; without it nowhere.
        territory = ""
        # A recording whose licence allows no derivatives keeps its original bytes, whatever the tier. true: it is
        # transcoded as others are, which those licences allow as a change of format.
        format_shift_no_derivatives = false
        #
        # Rules of their own for a source; what is not given is as above.
        # [[rights.source]]
        # name = "label-x"
        # publish = ["attribution", "non-commercial"]
        # keep = ["attribution", "non-commercial"]
        # deny = false                       # true: nothing of it is let in
        #
        # Your word that something is under a licence, kept as evidence. For one recording, one release, or files of a source.
        # [[rights.statement]]
        # by = "Erika Mustermann, archivist"
        # date = 2026-03-14
        # licence = "CC-BY-4.0"
        # source = "label-x"                 # or recording = "rec-...", or release = "rel-..."
        # match = "live/*"
        #
        # Sound recordings that are free by age in the territory, by the date of their first release. The composition that is
        # heard has a term of its own, often a longer one: with these lines you say that you have seen to it.
        # [rights.age]
        # by = "Erika Mustermann, archivist"
        # date = 2026-03-14
        # years = 50                         # only for a territory whose term docs/format/rights.md does not have

        [quality]
        # Signs that something is not music or was uploaded in bulk: short flood same-duration same-title same-audio.
        # Recordings with a sign named here come after all others; none is left out. lacquer quality signals lists what has one.
        tail = []
        # A recording that lasts no longer; an artist's day with more tracks; a release of so many tracks that are all alike;
        # the same audio under so many titles and artists.
        short_ms = 1000
        flood_tracks = 1000
        series_tracks = 20
        same_audio_titles = 5
        # What tells surely enough that two recordings are the same audio for one object to be held for both: bytes samples fingerprint.
        store_once = ["bytes", "samples"]

        [press]
        # Stages by popularity, each named by its lower bound; the last must be 0.
        stages = [50, 20, 1, 0]
        # A volume (one torrent) closes before the object that would take it past either.
        volume_bytes = 70000000000
        volume_files = 20000
        # Each volume as a folder of hard links, volumes/NAME/, for web servers and torrent clients. false: torrents alone, on the
        # ledger's word that the objects are there; lacquer serve gives the files all the same.
        folders = true
        # In an archive of 20 volumes and more: new objects that fill less than a quarter of a volume wait for more, but no longer
        # than for so many editions. 0: they do not.
        wait_editions = 6

        [publish]
        # Where editions/ and volumes/ are served: "https://example.org/music/". Torrents then name its volumes/ as a
        # web seed, and the feed has full addresses. Serve those two folders and no other: the signing key lies beside them.
        base_url = ""
        # More places that serve the same volumes: ["https://mirror.example.org/volumes/"]
        webseeds = []
        trackers = []
        # Forms of each volume's torrent: "hybrid" (v1 and v2 in one), and beside it "v1" for clients that refuse hybrids, as
        # Transmission 3.00 does, and "v2". All are of the same files.
        forms = ["hybrid"]

        [ingest]
        # Files worked on at once; 0: one for each core.
        workers = 0
        # What is encoded is decoded again, and set aside where it is not as long and as loud as its source or falls silent:
        # "sample" (one file in fifty), "full" or "none".
        check = "sample"
        # Pictures inside of objects: "none", or "small" (a JPEG of at most 500 pixels). Covers are kept in images/ either way.
        cover = "none"

        [fetch]
        # Your e-mail or web address. It goes to every source that is asked over the network, so that its people can reach you.
        contact = ""
        # Most requests a second to one host, most under way at once, and seconds without a byte after which an answer is given up.
        requests_per_second = 1
        connections = 1
        patience_seconds = 60

        """;

    private static string Quoted(string text) => $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    /// <summary>Reads and checks <c>lacquer.toml</c>.</summary>
    /// <exception cref="LacquerException">It is missing or says something that cannot be; the message names the key.</exception>
    public static ArchiveConfiguration Read(string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new LacquerException(Failure.Missing, $"{path} is missing", "lacquer init makes an archive", e);
        }

        return Parse(text, path);
    }

    /// <summary>This configuration with the tables <c>tiers</c>, <c>rights</c> and <c>quality</c> of another file, those of them that it has, each whole: what such a table does not say is as by default.</summary>
    /// <exception cref="LacquerException">The file is missing or says something that cannot be.</exception>
    public ArchiveConfiguration WithPolicy(string path)
    {
        if (!File.Exists(path))
            throw new LacquerException(Failure.Missing, $"no policy at {path}", "it is a TOML file with tables of lacquer.toml: [tiers], [rights], [quality]");
        var (has, said) = (TomlText.Parse(File.ReadAllText(path), path), Read(path));
        var with = this;
        if (has.ContainsKey("tiers"))
            with = with with { Heard = said.Heard, Unheard = said.Unheard, KeepLossyUpTo = said.KeepLossyUpTo, KeepsLossy = said.KeepsLossy };
        if (has.ContainsKey("rights"))
            with = with with { Rights = said.Rights };
        return has.ContainsKey("quality") ? with with { Quality = said.Quality } : with;
    }

    /// <summary>Reads and checks the text of a <c>lacquer.toml</c>.</summary>
    /// <exception cref="LacquerException">It says something that cannot be; the message names the key.</exception>
    public static ArchiveConfiguration Parse(string text, string path)
    {
        var table = TomlText.Parse(text, path);
        var root = new Section(table, path, "");
        var tiers = root.Sub("tiers");
        var objects = root.Sub("objects");
        var rights = root.Sub("rights");
        var quality = root.Sub("quality");
        var press = root.Sub("press");
        var publish = root.Sub("publish");
        var ingest = root.Sub("ingest");
        var fetch = root.Sub("fetch");

        var configuration = new ArchiveConfiguration(
            root.Text("name", "archive"),
            root.Text("title", "Archive"),
            (int)root.Whole("piece_length", 1 << 20, 16 << 10, 64 << 20),
            ReadTier(tiers, "heard", "vorbis-160"),
            ReadTier(tiers, "unheard", "opus-75"),
            tiers.Real("keep_lossy_up_to", 1.25, 0, 100),
            ReadRights(rights),
            press.Wholes("stages", [50, 20, 1, 0]),
            press.Whole("volume_bytes", 70_000_000_000, 1 << 20, 1L << 50),
            (int)press.Whole("volume_files", 20_000, 1, 20_000),
            publish.Text("base_url", "") is { Length: > 0 } baseUrl ? baseUrl : null,
            publish.Texts("webseeds", []),
            publish.Texts("trackers", []),
            (int)ingest.Whole("workers", 0, 0, 1024),
            new FetchSettings(
                fetch.Text("contact", "") is { Length: > 0 } contact ? contact : null,
                fetch.Real("requests_per_second", 1, 0.001, 100),
                (int)fetch.Whole("connections", 1, 1, 16),
                (int)fetch.Whole("patience_seconds", 60, 1, 3600)))
        {
            KeepsLossy = ReadKeepsLossy(tiers),
            Objects = ReadObjects(objects),
            Quality = ReadQuality(quality),
            Ledger = root.Text("ledger", "") is { Length: > 0 } ledger ? PostgresAddress.Parse(ledger).Text : null,
            Check = ReadCheck(ingest),
            HasCovers = ReadHasCovers(ingest),
            HasFolders = press.Truth("folders", true),
            WaitEditions = (int)press.Whole("wait_editions", 6, 0, 120),
            Forms = ReadForms(publish),
        };
        foreach (var section in new[] { root, objects, tiers, rights, quality, press, publish, ingest, fetch })
            section.MustBeRead();

        if (configuration.Name.Length is 0 or > 24 || configuration.Name.Any(c => !(char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')))
            throw root.Bad("name", "1 to 24 of a-z, 0-9 and -");
        if (!int.IsPow2(configuration.PieceLengthBytes))
            throw root.Bad("piece_length", "a power of two from 16384 (BEP 52)");
        if (configuration.Stages.Count == 0 || configuration.Stages[^1] != 0 || configuration.Stages.Zip(configuration.Stages.Skip(1)).Any(p => p.First <= p.Second) || configuration.Stages[0] > 100)
            throw press.Bad("stages", "falling numbers from at most 100, the last of them 0");
        if (configuration.BaseUrl is { } address && !IsFolderAddress(address))
            throw publish.Bad("base_url", "an http or https address that ends in /");
        if (!configuration.OtherWebseeds.All(IsFolderAddress))
            throw publish.Bad("webseeds", "http or https addresses that end in /");
        foreach (var tracker in configuration.Trackers)
            if (!Uri.TryCreate(tracker, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https" or "udp" or "wss" or "ws"))
                throw publish.Bad("trackers", "announce addresses (http, https, udp, ws, wss)");
        if (configuration.Fetch.Contact is { } who && !IsContact(who))
            throw fetch.Bad("contact", "an e-mail address or an http or https address");
        return configuration;
    }

    // It goes into a comment of a header (RFC 9110, 5.6.5), so it has no parentheses, backslashes or letters outside ASCII.
    private static bool IsContact(string text) => text.Length <= 200 && text.All(c => c is > ' ' and < '\x7f' and not ('(' or ')' or '\\'))
        && (Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" || text.IndexOf('@', StringComparison.Ordinal) is > 0 and var at && at < text.Length - 1);

    private static bool IsFolderAddress(string text) => Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is ("http" or "https") && text.EndsWith('/');

    private static Tier ReadTier(Section section, string key, string value)
    {
        var text = section.Text(key, value);
        if (text == "flac")
            return new Tier(TierCodec.Flac, 0);
        var parts = text.Split('-');
        if (parts.Length == 2 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var kbps))
        {
            if (parts[0] == "vorbis" && kbps is >= 48 and <= 500) return new Tier(TierCodec.Vorbis, kbps);
            if (parts[0] == "opus" && kbps is >= 6 and <= 510) return new Tier(TierCodec.Opus, kbps);
        }

        throw section.Bad(key, "vorbis-48 to vorbis-500, opus-6 to opus-510, or flac");
    }

    private static QualityPolicy ReadQuality(Section quality) => new(
        quality.Texts("tail", []).Select(name => QualitySignalNames.TryParse(name, out var signal) ? signal : throw quality.Bad("tail", $"signals ({string.Join(", ", QualitySignalNames.Known)}), not '{name}'")).ToList(),
        (int)quality.Whole("short_ms", 1000, 0, 60_000), (int)quality.Whole("flood_tracks", 1000, 1, 1_000_000), (int)quality.Whole("series_tracks", 20, 2, 10_000), (int)quality.Whole("same_audio_titles", 5, 2, 10_000),
        quality.Texts("store_once", ["bytes", "samples"]).Select(name => SameAudioNames.TryParse(name, out var by) ? by : throw quality.Bad("store_once", $"of {string.Join(", ", SameAudioNames.Known)}, not '{name}'")).ToList());

    /// <summary>One table of the file; remembers what was asked of it, so that a misspelt key is refused instead of passed over.</summary>
    private sealed class Section(TomlTable table, string path, string name)
    {
        private readonly HashSet<string> _read = [];

        public Section Sub(string key)
        {
            _read.Add(key);
            return !table.TryGetValue(key, out var value) ? new Section([], path, Full(key))
                : value is TomlTable sub ? new Section(sub, path, Full(key)) : throw Bad(key, "a table");
        }

        public string Text(string key, string value) => Get(key) is not { } found ? value : found as string ?? throw Bad(key, "a text");

        public bool Truth(string key, bool value) => Get(key) is not { } found ? value : found as bool? ?? throw Bad(key, "true or false");

        public long Whole(string key, long value, long least, long most)
        {
            if (Get(key) is not { } found) return value;
            return found is long number && number >= least && number <= most ? number
                : throw Bad(key, string.Create(CultureInfo.InvariantCulture, $"a whole number from {least} to {most}"));
        }

        public double Real(string key, double value, double least, double most)
        {
            if (Get(key) is not { } found) return value;
            var number = found is long whole ? whole : found as double? ?? double.NaN;
            return number >= least && number <= most ? number
                : throw Bad(key, string.Create(CultureInfo.InvariantCulture, $"a number from {least} to {most}"));
        }

        // A date may be written with or without quotes.
        public string? Date(string key) => Get(key) switch { null => null, string text => text, TomlTable or TomlArray or bool or long or double => throw Bad(key, "a date"), var date => Convert.ToString(date, CultureInfo.InvariantCulture) };

        public bool Has(string key) => table.ContainsKey(key);

        /// <summary>The tables of an array of tables; none where it is missing.</summary>
        public List<Section> Tables(string key) => Get(key) is not { } found ? []
            : found is TomlTableArray array ? array.Select((item, i) => new Section(item, path, $"{Full(key)}[{i}]")).ToList() : throw Bad(key, $"given as [[{Full(key)}]]");

        public IReadOnlyList<string> Texts(string key, string[] value) => Get(key) is not { } found ? value
            : found is TomlArray array && array.All(item => item is string) ? array.Cast<string>().ToList() : throw Bad(key, "a list of texts");

        public IReadOnlyList<int> Wholes(string key, int[] value) => Get(key) is not { } found ? value
            : found is TomlArray array && array.All(item => item is long and >= 0 and <= int.MaxValue) ? array.Select(item => (int)(long)item!).ToList()
            : throw Bad(key, "a list of whole numbers");

        public void MustBeRead()
        {
            foreach (var key in table.Keys)
                if (!_read.Contains(key))
                    throw new LacquerException(Failure.Usage, $"{path}: {Full(key)} is not known", "compare with the comments that lacquer init writes");
        }

        public LacquerException Bad(string key, string expected) =>
            new(Failure.Usage, $"{path}: {Full(key)} must be {expected}", "correct the line and run the command again");

        private string Full(string key) => name.Length == 0 ? key : $"{name}.{key}";

        private object? Get(string key)
        {
            _read.Add(key);
            return table.TryGetValue(key, out var value) ? value : null;
        }
    }
}
