using System.Net;
using System.Security.Cryptography;
using Lacquer.Formats.Archives;
using Lacquer.Formats.Ledgers;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Damage;

public sealed class FixityTests(FixityTests.Published published) : IClassFixture<FixityTests.Published>
{
    [Fact]
    public async Task A_flipped_byte_is_found_by_file_and_piece_and_a_mirror_fetches_just_the_broken_pieces()
    {
        await published.Make();
        using var scratch = new Scratch();
        using var origin = new CountingOrigin(published.Archive);
        var mirror = new Pipeline(scratch["mirror"]).Init("mirror");
        SetPieces(mirror.Layout);
        await mirror.Mirror(origin.Address + "editions/000001/");
        Assert.Empty((await mirror.Verify()).Findings);
        var obj = Largest(mirror);
        var path = mirror.Layout.Object(obj.Root, obj.Extension);
        var pieces = obj.LengthBytes / 16384;
        Assert.True(pieces >= 5, "the test needs a file of some pieces");
        foreach (var piece in new[] { 1, pieces - 1 })
            Flip(path, piece * 16384 + 77);

        var verified = await mirror.Verify();
        var finding = Assert.Single(verified.Findings);
        Assert.Equal((2L, 0L), (verified.BadPieces, verified.RepairedPieces));
        Assert.Equal(Path.GetRelativePath(mirror.Layout.Root, path), finding.Subject);
        Assert.Equal("corrupt", finding.Kind);
        Assert.Contains($"piece 1, {pieces - 1} of ", finding.Message, StringComparison.Ordinal);
        using (var ledger = mirror.Ledger())
        {
            Assert.Equal(finding, Assert.Single(ledger.Findings()));
            Assert.Contains(ledger.Events(obj.Root.ToString()), e => e is { Type: "fixity", Outcome: "failure" });
        }

        Assert.Equal(3, (await ProgramRun.Here("verify", "--archive", scratch["mirror"])).ExitCode);
        var before = origin.VolumeBytes;
        var repaired = await mirror.Verify(repair: true);
        Assert.Empty(repaired.Findings);
        Assert.Equal((2L, 2L), (repaired.BadPieces, repaired.RepairedPieces));
        Assert.Equal(2 * 16384, origin.VolumeBytes - before);
        Assert.Empty((await mirror.Verify()).Findings);
        using (var ledger = mirror.Ledger())
            Assert.Empty(ledger.Findings());
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("truncated")]
    [InlineData("appended")]
    [InlineData("emptied")]
    [InlineData("folder gone")]
    public async Task A_harmed_object_is_found_and_repaired(string harm)
    {
        await published.Make();
        using var scratch = new Scratch();
        var mirror = new Pipeline(scratch["mirror"]).Init("mirror");
        SetPieces(mirror.Layout);
        await mirror.Mirror(published.Archive);
        var obj = Largest(mirror);
        var path = mirror.Layout.Object(obj.Root, obj.Extension);
        switch (harm)
        {
            case "missing": File.Delete(path); break;
            case "folder gone": Directory.Delete(Path.GetDirectoryName(path)!, recursive: true); break;
            default:
                using (var file = File.OpenWrite(path))
                    file.SetLength(harm switch { "truncated" => obj.LengthBytes - 1, "appended" => obj.LengthBytes + 10, _ => 0 });
                break;
        }

        var finding = Assert.Single((await mirror.Verify()).Findings, f => f.Subject.StartsWith("objects/", StringComparison.Ordinal));
        Assert.Equal(harm is "missing" or "folder gone" ? "missing" : "corrupt", finding.Kind);
        Assert.Empty((await mirror.Verify(repair: true)).Findings);
        Assert.Equal(obj.Sha256, new(SHA256.HashData(await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken))));
        Assert.Empty((await mirror.Verify()).Findings);
    }

    [Fact]
    public async Task A_repair_from_an_origin_that_is_broken_too_changes_nothing_and_says_so()
    {
        await published.Make();
        using var scratch = new Scratch();
        Scratch.Copy(published.Archive, scratch["origin"]);
        var mirror = new Pipeline(scratch["mirror"]).Init("mirror");
        SetPieces(mirror.Layout);
        await mirror.Mirror(scratch["origin"]);
        var obj = Largest(mirror);
        Flip(mirror.Layout.Object(obj.Root, obj.Extension), 20_000);
        (string Volume, string Name) place;
        using (var ledger = mirror.Ledger())
            place = ledger.VolumeOf(obj.Root) is { } found ? (found.Volume.Name, found.Name) : default;
        Flip(Path.Combine(scratch["origin"], "volumes", place.Volume, place.Name), 20_000);
        var finding = Assert.Single((await mirror.Verify(repair: true)).Findings);
        Assert.Contains("not repaired", finding.Message, StringComparison.Ordinal);
        Assert.Contains("piece 1 of", finding.Message, StringComparison.Ordinal);
        Assert.Empty((await mirror.Verify(repair: true, from: published.Archive)).Findings);
    }

    [Fact]
    public async Task Whatever_else_is_damaged_is_named()
    {
        await published.Make();
        using var scratch = new Scratch();
        var root = scratch["archive"];
        var volume = Path.GetFileName(Directory.GetDirectories(Path.Combine(published.Archive, "volumes"))[0]);
        var link = Path.GetFileName(Directory.GetFiles(Path.Combine(published.Archive, "volumes", volume)).Order(StringComparer.Ordinal).First());
        var damages = new (string Path, Action<string> Harm)[]
        {
            ($"volumes/{volume}/{link}", File.Delete),
            ($"volumes/{volume}/{link}", p => Replace(p, 100)),
            ($"volumes/{volume}.torrent", File.Delete),
            ($"volumes/{volume}.torrent", p => Replace(p, 100)),
            ("accessions/music/000001.jsonl.zst", p => Replace(p, 100)),
            ("accessions/music/000001.jsonl.zst", File.Delete),
            ("editions/000001/catalogue.sqlite.zst", p => Replace(p, 100)),
            ("catalogues/000001/lookups.sqlite", p => Replace(p, 100)),
            ("catalogues/000001/search.sqlite", File.Delete),
            ("editions/000001/index.html", File.Delete),
            ($"editions/000001/torrents/{volume}.torrent", p => Replace(p, 100)),
            ("editions/000001/manifest.json", p => Replace(p, 100)),
            ("editions/000001/manifest.json", p => File.WriteAllText(p, "{}")),
            ("editions/000001/manifest.json.minisig", p => Replace(p, 80)),
            ("editions/000001/manifest.json.minisig", File.Delete),
            ("editions/000001/manifest.json", File.Delete),
        };
        foreach (var (path, harm) in damages)
        {
            Scratch.Copy(published.Archive, root);
            var archive = new Pipeline(root);
            Assert.Empty((await archive.Verify()).Findings);
            harm(Path.Combine(root, path));
            var findings = (await archive.Verify()).Findings;
            Assert.True(findings.Any(f => path.StartsWith(f.Subject, StringComparison.Ordinal)), $"{path}: {string.Join("; ", findings)}");
            Directory.Delete(root, recursive: true);
        }
    }

    private static ObjectRow Largest(Pipeline archive)
    {
        using var ledger = archive.Ledger();
        return ledger.Objects(null, 100).MaxBy(o => o.LengthBytes)!;
    }

    private static void SetPieces(ArchiveLayout layout) => File.WriteAllText(layout.Configuration, File.ReadAllText(layout.Configuration).Replace("piece_length = 1048576", "piece_length = 16384", StringComparison.Ordinal));

    private static void Flip(string path, long at)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        file.Position = at;
        var value = file.ReadByte();
        file.Position = at;
        file.WriteByte((byte)(value ^ 0x10));
    }

    // The name gets another file, so that a hard link's other names keep theirs.
    private static void Replace(string path, int at)
    {
        var bytes = File.ReadAllBytes(path);
        bytes[Math.Min(at, bytes.Length - 1)] ^= 1;
        File.Delete(path);
        File.WriteAllBytes(path, bytes);
    }

    /// <summary>An archive with an edition, its pieces small, so that its objects have some.</summary>
    public sealed class Published : IDisposable
    {
        private readonly Scratch _scratch = new();
        private bool _made;

        internal string Archive => _scratch["archive"];

        public void Dispose() => _scratch.Dispose();

        internal async Task Make()
        {
            if (_made)
                return;
            var music = Music.CopyTo(_scratch["music"]);
            var archive = new Pipeline(Archive).Init();
            SetPieces(archive.Layout);
            await archive.WholeWay(music);
            _made = true;
        }
    }

    /// <summary>A web server as plain as can be: files, ranges, and a count of the bytes sent of volumes.</summary>
    private sealed class CountingOrigin : IDisposable
    {
        private readonly HttpListener _listener = new();
        private readonly string _root;
        private long _volumeBytes;

        public CountingOrigin(string root)
        {
            _root = root;
            for (var attempt = 0; ; attempt++)
            {
                var port = Random.Shared.Next(20_000, 60_000);
                Address = $"http://127.0.0.1:{port}/";
                _listener.Prefixes.Clear();
                _listener.Prefixes.Add(Address);
                try
                {
                    _listener.Start();
                    break;
                }
                catch (HttpListenerException) when (attempt < 20)
                {
                }
            }

            _ = Task.Run(ServeAsync);
        }

        public string Address { get; }

        public long VolumeBytes => Interlocked.Read(ref _volumeBytes);

        public void Dispose() => _listener.Close();

        private async Task ServeAsync()
        {
            while (true)
            {
                HttpListenerContext context;
                try
                {
                    context = await _listener.GetContextAsync();
                }
                catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException)
                {
                    return;
                }

                try
                {
                    var path = Path.Combine(_root, context.Request.Url!.AbsolutePath.TrimStart('/'));
                    if (!File.Exists(path))
                    {
                        context.Response.StatusCode = 404;
                        context.Response.Close();
                        continue;
                    }

                    var bytes = await File.ReadAllBytesAsync(path);
                    if (context.Request.Headers["Range"] is { } range)
                    {
                        var ends = range["bytes=".Length..].Split('-');
                        var (first, last) = (int.Parse(ends[0], System.Globalization.CultureInfo.InvariantCulture), ends[1].Length == 0 ? bytes.Length - 1 : int.Parse(ends[1], System.Globalization.CultureInfo.InvariantCulture));
                        context.Response.StatusCode = 206;
                        context.Response.Headers["Content-Range"] = $"bytes {first}-{last}/{bytes.Length}";
                        bytes = bytes[first..(last + 1)];
                    }

                    if (path.Contains("/volumes/", StringComparison.Ordinal))
                        Interlocked.Add(ref _volumeBytes, bytes.Length);
                    context.Response.ContentLength64 = bytes.Length;
                    if (context.Request.HttpMethod != "HEAD")
                        await context.Response.OutputStream.WriteAsync(bytes);
                    context.Response.Close();
                }
                catch (Exception e) when (e is HttpListenerException or IOException)
                {
                    // The client has left.
                }
            }
        }
    }
}
