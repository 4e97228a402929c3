using System.Net;
using System.Net.Sockets;
using Lacquer.Formats.Editions;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Objects;
using Lacquer.Server;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Proof;

/// <summary>One archive of tones, made by the real stages and served on loopback under the address that its torrents name. Nobody changes it: who needs to, takes a copy.</summary>
public sealed class ProofArchive : IAsyncLifetime
{
    /// <summary>Small, so that a few seconds of audio have several pieces.</summary>
    internal const int PieceLengthBytes = 32_768;

    private readonly Scratch _scratch = new();
    private ArchiveServer? _server;

    internal string MusicFolder => _scratch["music"];

    internal string Folder => _scratch["archive"];

    internal Pipeline Archive { get; private set; } = null!;

    internal Uri Address => _server!.Address;

    internal string Edition => Archive.Layout.NewestEdition()!;

    internal Manifest Manifest => Manifest.Read(File.ReadAllBytes(Path.Combine(Edition, Manifest.FileName)), "the manifest");

    public async ValueTask InitializeAsync()
    {
        // Without them there is nothing to make; the tests skip and say so.
        if (!Tools.Has("ffmpeg") || !Tools.Has("ffprobe"))
            return;
        Music.CopyTo(MusicFolder);
        var port = FreePort();
        Archive = new Pipeline(Folder).Init();
        Configure(Archive, ("base_url = \"\"", $"base_url = \"http://127.0.0.1:{port}/\""));
        await Archive.WholeWay(MusicFolder);
        _server = await ArchiveServer.StartAsync(new ServeRequest(Folder, Stores.Of(Folder), Port: port), TimeProvider.System, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        _scratch.Dispose();
    }

    /// <summary>Skips where there is no archive, or no such programs.</summary>
    internal static void Need(params string[] programs) => Tools.Need(["ffmpeg", "ffprobe", .. programs]);

    /// <summary>Each object with its file and the file it was made of.</summary>
    internal IReadOnlyList<(ObjectRow Object, string Path, string Source)> Objects() => Objects(Archive, MusicFolder);

    internal static IReadOnlyList<(ObjectRow Object, string Path, string Source)> Objects(Pipeline archive, string music)
    {
        var sources = Directory.EnumerateFiles(music, "*", SearchOption.AllDirectories).ToLookup(Hash);
        using var ledger = archive.Ledger();
        return ledger.Objects(null, 1000).Select(o => (o, archive.Layout.Object(o.Root, o.Extension), sources[o.Original!.Value].First())).ToList();
    }

    /// <summary>A mirror's folder with the same piece length, empty.</summary>
    internal static Pipeline NewMirror(string folder)
    {
        var mirror = new Pipeline(folder).Init("mirror");
        Configure(mirror);
        return mirror;
    }

    internal static void Configure(Pipeline archive, params IEnumerable<(string From, string To)> changes) =>
        ConfigureText(archive, changes.Prepend(("piece_length = 1048576", $"piece_length = {PieceLengthBytes}")));

    internal static void ConfigureText(Pipeline archive, params IEnumerable<(string From, string To)> changes)
    {
        var text = File.ReadAllText(archive.Layout.Configuration);
        foreach (var (from, to) in changes)
        {
            Assert.Contains(from, text, StringComparison.Ordinal);
            text = text.Replace(from, to, StringComparison.Ordinal);
        }

        File.WriteAllText(archive.Layout.Configuration, text);
    }

    /// <summary>The objects of a volume, by its list in the edition.</summary>
    internal IReadOnlyList<ManifestObject> FilesOf(ManifestVolume volume) => VolumeList.Read(File.ReadAllBytes(Path.Combine(Edition, volume.ListPath)), volume, volume.ListPath);

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    internal static Formats.Identity.Sha256Digest Hash(string path)
    {
        using var file = File.OpenRead(path);
        return new Formats.Identity.Sha256Digest(System.Security.Cryptography.SHA256.HashData(file));
    }

    internal static OggHead Head(string path)
    {
        using var file = File.OpenRead(path);
        return OggFile.ReadHead(file);
    }
}

[CollectionDefinition(Name)]
public sealed class ProofArchiveUsers : ICollectionFixture<ProofArchive>
{
    public const string Name = "an archive of tones";
}
