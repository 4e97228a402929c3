using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Stages.Sources.Fetching;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Sources;

/// <summary>
/// Any server of the Subsonic API, by the operator's own account. A record is an artist as the server gives it, or an album with its songs and the cover that was kept of it. The files
/// behind them are the server's originals (<c>download</c>): what <c>stream</c> gives may be transcoded.
/// </summary>
internal sealed class SubsonicAdapter : Adapter
{
    private const string SendPassword = "--send-password";
    private const string MusicFolder = "--music-folder";
    private const int PageAlbums = 500;
    private const int MostInARow = 5;
    private const double RequestsPerSecond = 20;
    private const int Connections = 2;

    // What is not listed here says nothing of its codec: ffprobe does, once it is fetched.
    private static readonly Dictionary<string, string> Codecs = new(StringComparer.OrdinalIgnoreCase)
    {
        ["flac"] = "flac",
        ["ogg"] = "vorbis",
        ["oga"] = "vorbis",
        ["opus"] = "opus",
        ["mp3"] = "mp3",
        ["m4a"] = "aac",
        ["aac"] = "aac",
        ["wav"] = "pcm_s16le",
        ["aiff"] = "pcm_s16be",
        ["aif"] = "pcm_s16be",
        ["wv"] = "wavpack",
        ["ape"] = "ape",
        ["tta"] = "tta",
    };

    private readonly bool _sendsPassword;

    public SubsonicAdapter(bool sendsPassword = false) => _sendsPassword = sendsPassword;

    public override string Name => "subsonic";

    public override string Summary => "Reads the library of a Subsonic or OpenSubsonic server by your own account: artists, albums, songs, play counts and covers. lacquer ingest then fetches the original files. User and password stand in secrets.toml, or in LACQUER_SUBSONIC_USER and LACQUER_SUBSONIC_PASSWORD.";

    public override string LocationHelp => "The server's address: https://music.example.org";

    public override IReadOnlyList<string> Examples => ["lacquer harvest subsonic https://music.example.org --source home", "lacquer harvest subsonic http://127.0.0.1:4533 --dry-run"];

    public override IReadOnlyList<AdapterOption> Options =>
    [
        new(MusicFolder, "Take this music folder of the server alone.", "NAME"),
        new(SendPassword, "Send the password itself, for servers that take no tokens. Over https, or in your own network.", null),
    ];

    public override Task<HarvestSubject> PrepareAsync(AdapterRequest request, IProgress<StageProgress> progress, CancellationToken cancel)
    {
        var server = SubsonicApi.Server(request.Location);
        return Task.FromResult(new HarvestSubject(Name)
        {
            Settings = request.Option(SendPassword) is null ? "" : SendPassword,
            Note = $"would read the library of {server}",
        });
    }

    public override Adapter Reading(string settings) => settings switch
    {
        "" => this,
        SendPassword => new SubsonicAdapter(sendsPassword: true),
        _ => throw new FormatException($"settings '{settings}' are not known"),
    };

    // The operator's own account: it is the operator who says how much the server bears.
    public override FetchPolicy PolicyFor(ArchiveConfiguration configuration, string location) => new FetchPolicy(configuration.Fetch.Contact ?? "the operator's own account")
    {
        RequestsPerSecond = Math.Max(RequestsPerSecond, configuration.Fetch.RequestsPerSecond),
        Connections = Math.Max(Connections, configuration.Fetch.Connections),
        Patience = TimeSpan.FromSeconds(configuration.Fetch.PatienceSeconds),
    }.WithOwnServer(SubsonicApi.Server(location));

    public override async Task TakeAsync(HarvestRun run, CancellationToken cancel)
    {
        var api = await SubsonicApi.OpenAsync(run.Access, _sendsPassword, cancel).ConfigureAwait(false);
        var folder = await FolderAsync(api, run.Request.Option(MusicFolder), cancel).ConfigureAwait(false);
        var covers = new CoverIndex(run);
        var total = 0L;
        using (var artists = await api.AskAsync("getArtists", cancel, folder).ConfigureAwait(false))
            foreach (var artist in artists.Value.Child("artists").List("index").SelectMany(i => i.List("artist")))
            {
                total += artist.Whole("albumCount") is { } albums and < 1_000_000 ? albums : 0;
                if (artist.Text("id") is { Length: > 0 } id)
                    run.Add($"artist/{id}", JsonMarshal.GetRawUtf8Value(artist));
            }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        var (done, failed) = (0L, 0);
        for (var offset = int.TryParse(run.Cursor, NumberStyles.None, CultureInfo.InvariantCulture, out var reached) ? reached : 0; ;)
        {
            using var page = await api.AskAsync("getAlbumList2", cancel, [("type", "alphabeticalByName"), ("size", Text(PageAlbums)), ("offset", Text(offset)), .. folder]).ConfigureAwait(false);
            var albums = page.Value.Child("albumList2").List("album").Select(a => a.Text("id")).ToList();
            // A server that gives the same page for ever has no more.
            if (!albums.Exists(id => id.Length > 0 && !seen.Contains(id)))
                break;
            foreach (var id in albums.Where(id => id.Length > 0 && seen.Add(id)))
            {
                try
                {
                    await AlbumAsync(api, run, covers, id, cancel).ConfigureAwait(false);
                    failed = 0;
                }
                catch (LacquerException e) when (e.Failure is Failure.Missing or Failure.Untrusted)
                {
                    // One album is set aside; when one after another cannot be had, it is the server.
                    if (++failed == MostInARow)
                        throw;
                    run.SetAside($"album/{id}", "missing", e.Message);
                }

                run.Report("harvest albums", offset + ++done, Math.Max(total, offset + done));
            }

            (offset, done) = (offset + albums.Count, 0);
            run.SaveCursor(Text(offset));
        }
    }

    public override SourceDocument? Describe(string key, JsonElement record) =>
        key.StartsWith("album/", StringComparison.Ordinal) ? SubsonicRecords.Album(record)
        : key.StartsWith("artist/", StringComparison.Ordinal) ? SubsonicRecords.Artist(record) : null;

    public override IEnumerable<SourceFile> Files(string key, JsonElement record) => SubsonicRecords.Songs(record.Child("album")).Select(song => new SourceFile(song.Text("id"), song.Text("id"), [])
    {
        FileName = song.Text("path") is { Length: > 0 } path ? path : $"{song.Text("id")}.{song.Text("suffix")}",
        LengthBytes = song.Whole("size") is > 0 and var size ? size : null,
        DurationMs = SubsonicRecords.DurationMs(song),
        Codec = Codecs.GetValueOrDefault(song.Text("suffix"), ""),
        BitrateKbps = song.Whole("bitRate") is > 0 and < 1_000_000 and var rate ? rate : null,
    });

    public override async Task<Func<SourceFile, FetchRequest>> OpenFilesAsync(SourceAccess access, CancellationToken cancel)
    {
        var api = await SubsonicApi.OpenAsync(access, _sendsPassword, cancel).ConfigureAwait(false);
        try
        {
            using var user = await api.AskAsync("getUser", cancel, ("username", access.Secrets.Require("user"))).ConfigureAwait(false);
            if (user.Value.Child("user") is { ValueKind: JsonValueKind.Object } rights && rights.TryGetProperty("downloadRole", out var may) && may.ValueKind == JsonValueKind.False)
                throw new LacquerException(Failure.Refused, $"{access.Location} does not let this account download", "give it the right to download, or use another account");
        }
        catch (LacquerException e) when (e.Failure == Failure.Missing)
        {
            // Not all servers know it; then each file tells.
        }

        return file => api.Request("download", null, ("id", file.Location));
    }

    private static async Task<(string, string)[]> FolderAsync(SubsonicApi api, string? name, CancellationToken cancel)
    {
        if (name is null)
            return [];
        using var answer = await api.AskAsync("getMusicFolders", cancel).ConfigureAwait(false);
        var folders = answer.Value.Child("musicFolders").List("musicFolder").ToList();
        return folders.Where(f => f.Text("name") == name).Select(f => f.Text("id")).FirstOrDefault() is { Length: > 0 } id ? [("musicFolderId", id)]
            : throw new LacquerException(Failure.Usage, $"the server has no music folder '{name}'", $"it has: {string.Join(", ", folders.Take(20).Select(f => f.Text("name")))}");
    }

    private static async Task AlbumAsync(SubsonicApi api, HarvestRun run, CoverIndex covers, string id, CancellationToken cancel)
    {
        using var answer = await api.AskAsync("getAlbum", cancel, ("id", id)).ConfigureAwait(false);
        if (answer.Value.Child("album") is not { ValueKind: JsonValueKind.Object } album)
            throw new LacquerException(Failure.Untrusted, "the server gives no album for it", "look into the server's log");
        var cover = album.Text("coverArt") is { Length: > 0 } art ? await covers.TakeAsync(api, art, cancel).ConfigureAwait(false) : null;
        var line = new ArrayBufferWriter<byte>();
        line.Write("{\"album\":"u8);
        line.Write(JsonMarshal.GetRawUtf8Value(album));
        if (cover is { } kept)
            line.Write(Encoding.ASCII.GetBytes($",\"cover\":{{\"sha256\":\"{kept.Sha256}\",\"extension\":\"{kept.Extension}\"}}"));
        line.Write("}"u8);
        run.Add($"album/{id}", line.WrittenSpan);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>The covers that are kept already, by the server's own names for them: each is asked for once.</summary>
    private sealed class CoverIndex
    {
        private readonly HarvestRun _run;
        private readonly Dictionary<string, (Sha256Digest Sha256, string Extension)?> _known = new(StringComparer.Ordinal);

        public CoverIndex(HarvestRun run)
        {
            _run = run;
            run.ReadEarlier((_, record) =>
            {
                var cover = record.Child("cover");
                if (record.Child("album").Text("coverArt") is { Length: > 0 } art && Sha256Digest.TryParse(cover.Text("sha256"), out var digest) && CoverFiles.IsExtension(cover.Text("extension")))
                    _known[art] = (digest, cover.Text("extension"));
            });
        }

        public async Task<(Sha256Digest Sha256, string Extension)?> TakeAsync(SubsonicApi api, string art, CancellationToken cancel)
        {
            var layout = _run.Access.Layout;
            if (_known.TryGetValue(art, out var known) && (known is null || File.Exists(layout.Image(known.Value.Sha256, known.Value.Extension))))
                return known;
            (Sha256Digest, string)? kept = null;
            try
            {
                var picture = await _run.Access.Fetcher.GetAsync(api.Request("getCoverArt", CoverFiles.LargestBytes, ("id", art)), cancel).ConfigureAwait(false);
                // An error comes as JSON, and is no picture.
                kept = picture.Outcome == FetchOutcome.Fetched && CoverFiles.Keep(layout, picture.Body.ToArray(), "source") is { } image ? (image.Sha256, image.Extension) : null;
            }
            catch (LacquerException e) when (e.Failure is Failure.Missing or Failure.Untrusted)
            {
                _run.SetAside($"cover/{art}", "missing", e.Message);
            }

            _known[art] = kept;
            return kept;
        }
    }
}
