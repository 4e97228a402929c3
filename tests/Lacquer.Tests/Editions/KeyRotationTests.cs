using Lacquer.Formats.Editions;
using Lacquer.Formats.Findings;
using Lacquer.Stages.Founding;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Editions;

/// <summary>A new key in place of the old one, and who follows.</summary>
public sealed class KeyRotationTests
{
    [Fact]
    public async Task Mirrors_come_from_the_old_key_to_the_new_and_verify_what_each_signed()
    {
        using var scratch = new Scratch();
        var music = Music.CopyTo(scratch["music"]);
        var archive = await new Pipeline(scratch["archive"]).Init().WholeWay(music);
        var first = archive.Publish().PublicKey;
        var mirror = new Pipeline(scratch["mirror"]).Init("mirror");
        Assert.True((await mirror.Mirror(scratch["archive"])).TrustedOnFirstUse);

        var rotated = KeyRotation.Rotate(archive.Layout.Root, TimeProvider.System);
        Assert.Equal([first], rotated.Former);
        Assert.NotEqual(first, rotated.PublicKey);
        KeyRotation.Rotate(archive.Layout.Root, TimeProvider.System);
        var published = archive.Publish();
        Assert.Equal("000002", published.Edition);
        Assert.Equal("000002", Path.GetFileName(File.ResolveLinkTarget(archive.Layout.LatestEdition, returnFinalTarget: true)!.FullName));

        var followed = await mirror.Mirror(scratch["archive"]);
        Assert.Equal(("000002", MinisignPublicKey.Parse(published.PublicKey).Id, false), (followed.Edition, followed.KeyId, followed.TrustedOnFirstUse));
        // The editions of both keys, here and there.
        Assert.Empty((await mirror.Verify()).Findings);
        Assert.Empty((await archive.Verify()).Findings);
        // Whoever got the first key by another way still comes in, and so does whoever has the new one.
        foreach (var key in new[] { first, published.PublicKey })
            Assert.Equal("000002", (await new Pipeline(scratch["of " + key[^6..^2].Replace('/', '-')]).Init("m").Mirror(scratch["archive"], key: key)).Edition);
        Assert.Equal("000002", (await mirror.Mirror(scratch["archive"], key: first)).Edition);
    }

    [Fact]
    public async Task A_key_that_nobody_signed_is_refused_and_the_mirror_keeps_what_it_has()
    {
        using var scratch = new Scratch();
        var music = Music.CopyTo(scratch["music"]);
        var archive = await new Pipeline(scratch["archive"]).Init().WholeWay(music);
        var mirror = new Pipeline(scratch["mirror"]).Init("mirror");
        await mirror.Mirror(scratch["archive"]);

        // Another key without a chain, with the stranger's own, and with a chain whose last link is not by the one before.
        using var stranger = MinisignKey.Create();
        using var mine = MinisignKey.Read(archive.Layout.SigningKey);
        File.WriteAllText(archive.Layout.SigningKey, stranger.SecretFileText());
        Assert.Equal("000002", archive.Publish().Edition);
        await RefusedAsync();
        foreach (var keys in new[] { KeyChain.Of(stranger.PublicKey).ToBytes(), Forged(mine, stranger) })
        {
            await File.WriteAllBytesAsync(Path.Combine(archive.Layout.Edition("000002"), KeyChain.FileName), keys, TestContext.Current.CancellationToken);
            await RefusedAsync();
        }

        Assert.Empty((await mirror.Verify()).Findings);

        async Task RefusedAsync()
        {
            var refused = await Assert.ThrowsAsync<LacquerException>(() => mirror.Mirror(scratch["archive"]));
            Assert.Equal(Failure.Untrusted, refused.Failure);
            Assert.False(Directory.Exists(mirror.Layout.Edition("000002")));
        }
    }

    [Fact]
    public void A_rotation_that_was_killed_is_ended_by_the_next_and_nothing_is_signed_between()
    {
        using var scratch = new Scratch();
        var layout = new Pipeline(scratch["archive"]).Init().Layout;
        var first = KeyRotation.Show(layout.Root).PublicKey;
        // Killed after the chain was written: the next key waits.
        var old = File.ReadAllText(layout.SigningKey);
        var whole = KeyRotation.Rotate(layout.Root, TimeProvider.System);
        File.Move(layout.SigningKey, layout.NextSigningKey);
        File.WriteAllText(layout.SigningKey, old);
        Assert.Equal(Failure.Missing, Assert.Throws<LacquerException>(() => KeyRotation.Show(layout.Root)).Failure);
        var again = KeyRotation.Rotate(layout.Root, TimeProvider.System);
        Assert.Equal((whole.PublicKey, first), (again.PublicKey, Assert.Single(again.Former)));
        Assert.Equal(again.PublicKey, KeyRotation.Show(layout.Root).PublicKey);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(layout.SigningKey));
        // minisign takes the word of the old key for the new.
        if (Tools.Has("minisign"))
        {
            var link = KeyChain.Read(File.ReadAllBytes(layout.Keys), "it").Keys[1];
            File.WriteAllText(scratch["new.pub"], link.Key.FileText());
            File.WriteAllText(scratch["new.pub.minisig"], link.Signature);
            var (exit, output) = Tools.Run("minisign", "-V", "-P", first, "-m", scratch["new.pub"]);
            Assert.True(exit == 0, output);
        }
    }

    private static byte[] Forged(MinisignKey mine, MinisignKey stranger)
    {
        using var content = new MemoryStream(System.Text.Encoding.ASCII.GetBytes(stranger.PublicKey.FileText()));
        var text = System.Text.Encoding.UTF8.GetString(KeyChain.Of(mine.PublicKey).ToBytes());
        var signature = System.Text.Json.JsonSerializer.Serialize(stranger.Sign(content, "forged"));
        return System.Text.Encoding.UTF8.GetBytes(text.Replace("\"signature\": null\n    }", $"\"signature\": null\n    }},\n    {{ \"public_key\": \"{stranger.PublicKey.Text}\", \"signature\": {signature} }}", StringComparison.Ordinal));
    }
}
